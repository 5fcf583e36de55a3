"""What operators see of scheduled work."""

from collections.abc import Callable

from chalicelib.services.job_runs import JOBS, SWEEPS
from chalicelib.store.runs import Run, add_run
from tests.gateway import Gateway, assert_problem


def test_every_job_shows_its_newest_run(gateway: Gateway, token_of: Callable[..., str]) -> None:
    for day in (18, 19):
        started_at = f"2026-11-{day}T18:10:00.000Z"
        add_run(Run(f"job-settle-{day}", "job#settle", started_at, "done", {"counts": {"accounts": day}}))
    operator = token_of("operator")
    jobs = {
        job["job"]: job["last_run"]
        for job in gateway.send("GET", "/v1/operator/jobs", token=operator).json["items"]
    }
    assert set(jobs) == set(JOBS) >= {"settle", "expire", "release", "publish", "audit", *SWEEPS}
    assert (jobs["settle"]["run_id"], jobs["expire"]) == ("job-settle-19", None)
    runs = gateway.send("GET", "/v1/operator/jobs/settle/runs?limit=1", token=operator).json
    assert [run["run_id"] for run in runs["items"]] == ["job-settle-19"]
    path = f"/v1/operator/jobs/settle/runs?cursor={runs['next_cursor']}"
    assert [run["run_id"] for run in gateway.send("GET", path, token=operator).json["items"]] == [
        "job-settle-18"
    ]


def test_a_job_that_does_not_exist_is_unknown(gateway: Gateway, token_of: Callable[..., str]) -> None:
    reply = gateway.send("GET", "/v1/operator/jobs/none/runs", token=token_of("operator"))
    assert_problem(reply, 404, "job-unknown")
