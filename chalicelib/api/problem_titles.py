"""Owns the sentence a person reads for every problem code; a test holds it to the codes that the product raises.

Must not hold statuses: the class of the error decides. Codes are stable: they may be added, never renamed.
"""

from collections.abc import Mapping

from chalicelib import errors

_BY_CLASS: Mapping[type[errors.TanhuiError], Mapping[str, str]] = {
    errors.InvalidInput: {
        "invalid-input": "提交的内容有误",
        "malformed-json": "请求内容不是有效的 JSON",
        "body-too-large": "请求内容过大",
        "unsupported-media-type": "请求内容类型应为 application/json",
    },
    errors.Unauthenticated: {
        "token-missing": "请先登录",
        "token-invalid": "登录凭证无效，请重新登录",
        "token-expired": "登录已过期，请重新登录",
        "signature-missing": "缺少签名",
        "signature-invalid": "签名无效",
        "signature-stale": "签名已过期",
        "signature-replayed": "签名已被使用过",
    },
    errors.Forbidden: {
        "role-not-allowed": "您的身份不能进行此操作",
        "consent-missing": "请先同意接收公共交通出行数据",
        "voucher-of-other-merchant": "这是其他商户的优惠券",
        "store-of-others": "您不在这家门店工作",
        "needs-second-person": "需要另一位运营人员批准",
    },
    errors.NotFound: {
        "not-found": "没有这个地址",
        "provider-unknown": "不支持这种登录方式",
        "login-unknown": "没有这个账号",
        "purpose-unknown": "没有这项授权",
        "card-unknown": "没有绑定这张卡",
        "activity-unknown": "没有这条行为记录",
        "methodology-unknown": "没有这个方法学",
        "offer-unknown": "没有这项优惠",
        "store-unknown": "没有这家门店",
        "merchant-unknown": "没有这个商户",
        "voucher-unknown": "没有这张优惠券",
        "job-unknown": "没有这个任务",
        "partner-unknown": "没有这个数据合作方",
        "run-unknown": "没有这次运行",
        "partner-key-unknown": "没有这个密钥",
        "backfill-unknown": "没有这份补录申请",
        "import-unknown": "没有这次导入",
        "file-missing": "文件尚未上传",
        "finding-unknown": "没有这条核对发现",
        "day-unknown": "这一天的数据没有公布",
    },
    errors.Conflict: {
        "idempotency-key-reused": "同一请求编号已用于不同的内容",
        "consent-text-changed": "授权文本已更新，请重新阅读",
        "card-bound-elsewhere": "这张卡已被其他账号绑定",
        "changed-meanwhile": "数据刚被更改，请重试",
        "case-changed": "这件事项刚被其他人更改，请刷新后重试",
        "run-changed": "这次运行刚被更改，请重试",
        "voucher-already-redeemed": "这张优惠券已经用过",
        "voucher-not-open": "这张优惠券不能再使用",
        "voucher-not-redeemed": "这张优惠券尚未核销",
        "merchant-exists": "商户编号已被使用",
        "store-exists": "门店编号已被使用",
        "offer-exists": "优惠编号已被使用",
        "partner-exists": "合作方编号已被使用",
        "partner-key-exists": "密钥编号已被使用，请重试",
        "day-exists": "这一天的数据已经公布，不能再改",
        "backfill-approved": "补录申请已获批准",
        "finding-acknowledged": "这条核对发现已被确认",
        "keys-too-many": "密钥数已达上限，请先停用旧密钥",
    },
    errors.Refused: {
        "method-not-allowed": "该地址不支持这种操作",
        "cards-too-many": "绑定的卡已达上限",
        "unknown-methodology": "没有这种低碳行为",
        "methodology-not-valid": "这种行为当日不计入",
        "in-the-future": "时间不能在未来",
        "outside-window": "时间太早，不能再补录",
        "evidence-not-accepted": "这种行为不能自行申报",
        "wrong-inputs": "填写的数据与该行为不符",
        "quantity-out-of-range": "数量超出合理范围",
        "sheet-full": "当日记录已满",
        "offer-not-live": "这项优惠现在不能领取",
        "offer-sold-out": "这项优惠已领完",
        "points-insufficient": "积分不足",
        "voucher-expired": "优惠券已过期",
        "voucher-forged": "无法识别的优惠券码",
        "voucher-wrong-store": "这家门店不能使用此优惠券",
        "empty-file": "文件是空的",
        "wrong-encoding": "文件编码与约定不符",
        "checksum-mismatch": "文件内容与校验值不符",
        "wrong-header": "文件表头与约定不符",
        "no-rows": "文件没有数据行",
        "import-not-done": "导入尚未完成",
        "backfill-not-approved": "补录申请尚未获批",
        "backfill-expired": "补录申请已过期",
        "export-too-large": "记录太多，无法一次导出",
        "too-many-lines": "文件行数超过上限",
    },
    errors.Unavailable: {
        "store-busy": "服务繁忙，请稍后再试",
        "store-refused": "数据存储没有接受这次写入，请稍后再试",
        "too-busy": "同时操作太多，请重试",
    },
}
TITLES: Mapping[str, str] = {
    "internal": "系统出错了，我们已记录，请稍后再试",
    **{code: title for titles in _BY_CLASS.values() for code, title in titles.items()},
}
CLASS_BY_CODE: Mapping[str, type[errors.TanhuiError]] = {
    code: kind for kind, titles in _BY_CLASS.items() for code in titles
}
