"""Words of alert names, shorter: weak words, abbreviations an operator reads, and Chinese.

Keys are lower case; a key of several words is a phrase and is tried first. The configuration adds
its own (`text: {glossary: {…}}`), which win over these.
"""

from __future__ import annotations

from collections.abc import Mapping


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


WEAK = _words(
    """
    a an the has have had is are was were be been being of to in on for at by with from and or
    too many much very its it this that there
    """
)
"""Words that say nothing in an alert's name."""

POLAR = _words(
    """
    not no non without never none zero up down low high lower higher missing absent lost less
    more under over below above disabled enabled offline online slow full empty dead stopped
    stuck unhealthy healthy unavailable available unreachable unsynced unbound unused unknown
    invalid bad failed failing fail fails failure failures error errors erroring errs expired
    expiring expires expire expiration degraded exceeded exceeds critical warning soon mismatch
    mismatched mismatches rejected rejecting refused denied dropped dropping drops blocked locked
    unlocked restarted restarting restart rebooted crash crashed crashing crashlooping looping
    flapping loop killed oomkilled evicted eviction pending waiting delayed delay lag lagging
    behind late slowing decrease increase increasing decreasing drop rise growing saturated
    saturation exhausted exhaustion overcommit overcommitted overflow underflow inactive active
    paused broken corrupt corrupted corruption inconsistent inconsistency unsafe unschedulable
    unclean stale outdated skew skewed throttled throttling terminated overload overloaded few
    almost last previous client server read write reads writes input output in out receive
    transmit inbound outbound sent received minimum maximum min max some any all
    """
)
"""Negation, direction and polarity: never dropped from a name, whatever else goes."""

ABBREVIATIONS: Mapping[str, str] = {
    "acknowledged": "Acked", "alertmanager": "AlertMgr", "alertmanagers": "AlertMgrs",
    "allocated": "Alloc", "allocation": "Alloc", "apiserver": "API", "application": "App",
    "applications": "Apps", "authentication": "Auth", "authorization": "Authz", "average": "Avg",
    "balancer": "LB", "bandwidth": "BW", "blackbox": "BB", "cassandra": "Cass",
    "certificate": "Cert", "certificates": "Certs", "cluster": "Clstr", "compaction": "Compact",
    "compactions": "Compacts", "condition": "Cond", "config": "Cfg", "configmap": "CM",
    "configuration": "Cfg", "configured": "Cfgd", "maxmemory": "MaxMem",
    "connected": "Conn", "connection": "Conn", "connections": "Conns",
    "consecutive": "Consec", "consumer": "Consmr", "consumers": "Consmrs", "container": "Ctnr",
    "containers": "Ctnrs", "controller": "Ctrl", "coordinator": "Coord", "current": "Cur",
    "daemonset": "DS", "database": "DB", "databases": "DBs", "deployment": "Deploy",
    "descriptor": "Desc", "descriptors": "Descs", "directory": "Dir", "discovery": "Disc",
    "duplicate": "Dup", "duplicated": "Dup", "duration": "Dur", "elasticsearch": "ES",
    "endpoint": "EP", "endpoints": "EPs", "environment": "Env", "evaluation": "Eval",
    "evaluations": "Evals", "exchange": "Exch", "execution": "Exec", "expiration": "Expiry",
    "exporter": "Exptr", "filesystem": "FS", "frequency": "Freq", "gateway": "GW",
    "generation": "Gen", "haproxy": "HAP", "hypervisor": "HV", "information": "Info",
    "instance": "Inst", "instances": "Insts", "interface": "Intf", "interfaces": "Intfs",
    "kubernetes": "K8s", "location": "Loc", "management": "Mgmt", "manager": "Mgr",
    "maximum": "Max", "memory": "Mem", "message": "Msg", "messages": "Msgs", "minimum": "Min",
    "mongodb": "Mongo", "namespace": "NS", "network": "Net", "notification": "Notif",
    "notifications": "Notifs", "number": "Num", "openstack": "OpStk", "operation": "Op",
    "operations": "Ops", "package": "Pkg", "packages": "Pkgs", "packet": "Pkt", "packets": "Pkts",
    "partition": "Part", "partitions": "Parts", "password": "Pwd", "percent": "Pct",
    "percentage": "Pct", "performance": "Perf", "permission": "Perm", "persistent": "Persist",
    "persistentvolume": "PV", "persistentvolumeclaim": "PVC", "postgres": "PG",
    "postgresql": "PG", "priority": "Prio", "process": "Proc", "processes": "Procs",
    "processing": "Procg", "prometheus": "Prom", "rabbitmq": "RMQ", "readiness": "Ready",
    "reconciliation": "Reconcile", "registry": "Reg", "replica": "Repl", "replicas": "Repls",
    "replicaset": "RS", "replication": "Repl", "repository": "Repo", "request": "Req",
    "requests": "Reqs", "resource": "Res", "resources": "Res", "response": "Resp",
    "responses": "Resps", "scheduled": "Sched", "scheduler": "Sched", "secondary": "Sec",
    "sequence": "Seq", "sequential": "Seq", "server": "Srv", "servers": "Srvs", "service": "Svc",
    "services": "Svcs", "session": "Sess", "sessions": "Sess", "snapshot": "Snap",
    "snapshots": "Snaps", "statefulset": "STS", "statement": "Stmt", "statistics": "Stats",
    "subscription": "Subscr", "synchronised": "Synced", "synchronising": "Sync",
    "synchronization": "Sync", "synchronized": "Synced", "synchronizing": "Sync",
    "synchronous": "Sync", "system": "Sys", "tablespace": "TblSpc", "target": "Tgt",
    "targets": "Tgts", "temperature": "Temp", "thread": "Thrd", "threads": "Thrds",
    "timestamp": "TS", "timestamps": "TS", "transaction": "Tx", "transactions": "Txs",
    "utilisation": "Util", "utilization": "Util", "validation": "Valid", "version": "Ver",
    "versions": "Vers", "virtual": "Virt", "volume": "Vol", "volumes": "Vols", "websocket": "WS",
    "zookeeper": "ZK",
}  # fmt: skip

CHINESE: Mapping[str, str] = {
    # phrases, tried first: they say more in less
    "about to expire": "将到期", "almost full": "将满", "almost out": "将耗尽",
    "almost out of": "将耗尽", "almost out of files": "inode将耗尽",
    "almost out of memory": "内存将耗尽", "almost out of space": "空间将耗尽",
    "bad config": "配置错误", "bandwidth usage": "带宽使用率", "brute force": "暴力破解",
    "cache hit": "缓存命中", "cert expiry": "证书到期", "certificate expiration": "证书到期",
    "certificate expiry": "证书到期", "circuit breaker": "熔断", "clock skew": "时钟偏差",
    "commit durations": "提交耗时", "config reload": "配置重载",
    "configuration reload": "配置重载", "connection pool": "连接池", "consumer lag": "消费延迟",
    "consumers lag": "消费延迟", "context switching": "上下文切换", "crash loop": "反复崩溃",
    "crash looping": "反复崩溃", "critically low": "严重不足", "data loss": "丢数据",
    "dead letter": "死信", "dead lock": "死锁", "dead locks": "死锁", "dead tuples": "死元组",
    "disk full": "磁盘满", "disk io": "磁盘IO", "disk space": "磁盘空间",
    "disk usage": "磁盘使用率", "error budget": "错误预算", "error rate": "错误率",
    "error sending alerts": "发告警出错", "expire soon": "将到期", "expires soon": "将到期",
    "expiring soon": "将到期", "failed job": "失败任务", "failed jobs": "失败任务",
    "failed peers": "失联对端", "failed reload": "重载失败", "failed to send": "发送失败",
    "failed to send alerts": "发告警失败", "file descriptor": "文件句柄",
    "file descriptors": "文件句柄", "fill up": "将满", "filling up": "将满",
    "free space": "剩余空间", "fully used": "已用满", "garbage collection": "垃圾回收",
    "getting closer": "接近", "heap usage": "堆使用率", "higher than": "高于",
    "hit rate": "命中率", "in sync replicas": "同步副本", "kernel version": "内核版本",
    "lack of": "缺少", "lack of available memory": "可用内存不足", "less than": "低于",
    "limit hit": "达上限", "link down": "链路断", "load average": "负载", "lower than": "低于",
    "major page": "主缺页", "message queue": "消息队列", "more than": "超过",
    "name server": "域名服务器", "nearly full": "将满", "network partition": "网络分区",
    "no data": "无数据", "no leader": "无主", "no master": "无主", "no primary": "无主库",
    "no quorum": "失去多数派", "no replication": "无复制", "no space left": "空间不足",
    "not available": "不可用", "not completed": "未完成", "not connected": "未连接",
    "not enough": "不足", "not found": "未找到", "not healthy": "不健康", "not in sync": "不同步",
    "not ingesting": "不再写入", "not reachable": "不可达", "not ready": "未就绪",
    "not responding": "无响应", "not rolled out": "未完成发布", "not running": "未运行",
    "not scheduled": "未调度", "not synced": "未同步", "not synchronising": "未同步",
    "oom kill": "OOM杀", "oom killed": "OOM杀", "oom killer": "OOM杀",
    "operating system": "操作系统", "out of bound": "越界", "out of disk": "磁盘不足",
    "out of disk space": "磁盘空间不足", "out of files": "inode不足",
    "out of inodes": "inode不足", "out of memory": "内存不足", "out of order": "乱序",
    "out of space": "空间不足", "out of sync": "不同步", "packet loss": "丢包",
    "page fault": "缺页", "page faults": "缺页", "persistent volume": "持久卷",
    "persistent volume claim": "持久卷", "power supply": "电源", "rate limit": "限流",
    "read only": "只读", "remote storage": "远程存储", "remote write": "远程写",
    "response time": "响应时间", "rolled out": "已发布", "rollout stuck": "发布卡住",
    "rule evaluation": "规则计算", "rule evaluations": "规则计算", "running full": "将满",
    "running out": "将耗尽", "service discovery": "服务发现", "slow queries": "慢查询",
    "slow query": "慢查询", "split brain": "脑裂", "start up": "启动", "status code": "状态码",
    "temperature high": "温度高", "text file": "文本文件", "thread pool": "线程池",
    "time out": "超时", "too high": "过高", "too large": "过大", "too long": "过长",
    "too low": "过低", "too many pods": "Pod过多", "too slow": "过慢",
    "under replicated": "副本不足", "used space": "已用空间", "wal files": "WAL文件",
    "will expire": "将到期",
    # words
    "aborted": "中止", "above": "高于", "access": "访问", "active": "活动", "agent": "代理",
    "alert": "告警", "alerts": "告警", "all": "全部", "almost": "将", "any": "任一",
    "array": "阵列", "attempts": "尝试", "auth": "认证", "authentication": "认证",
    "available": "可用", "average": "平均", "backend": "后端", "backlog": "积压",
    "backup": "备份", "backups": "备份", "balance": "均衡", "bandwidth": "带宽",
    "battery": "电池", "behind": "落后", "below": "低于", "bloat": "膨胀", "block": "块",
    "blocked": "阻塞", "blocks": "块", "body": "正文", "broker": "Broker", "brokers": "Broker",
    "buffer": "缓冲", "cache": "缓存", "capacity": "容量", "certificate": "证书",
    "certificates": "证书", "change": "变化", "changed": "已变", "check": "检查",
    "checkpoint": "检查点", "checks": "检查", "client": "客户端", "clients": "客户端",
    "clock": "时钟", "closed": "关闭", "cluster": "集群", "collector": "采集器", "commit": "提交",
    "communication": "通信", "compaction": "压缩", "compactions": "压缩", "config": "配置",
    "configuration": "配置", "connected": "已连接", "connection": "连接", "connections": "连接",
    "conns": "连接", "consumer": "消费者", "consumers": "消费者", "container": "容器",
    "containers": "容器", "controller": "控制器", "corrupted": "损坏", "corruption": "损坏",
    "count": "数量", "crash": "崩溃", "crashed": "崩溃", "crashing": "崩溃",
    "crashlooping": "反复崩溃", "critical": "严重", "current": "当前", "data": "数据",
    "database": "数据库", "databases": "数据库", "day": "天", "days": "天", "deadlock": "死锁",
    "deadlocked": "死锁", "deadlocks": "死锁", "degraded": "降级", "delay": "延迟",
    "delayed": "延迟", "delivery": "投递", "deployment": "部署", "description": "描述",
    "desired": "期望", "device": "设备", "disabled": "已禁用", "disconnected": "断开",
    "discovery": "发现", "disk": "磁盘", "disks": "磁盘", "down": "宕机", "download": "下载",
    "drive": "驱动器", "dropped": "丢弃", "dropping": "丢弃", "duplicate": "重复",
    "duration": "耗时", "durations": "耗时", "empty": "为空", "entries": "条目", "error": "错误",
    "errors": "错误", "errs": "错误", "eval": "计算", "evaluation": "计算", "evaluations": "计算",
    "evicted": "驱逐", "eviction": "驱逐", "exceeded": "超限", "exchange": "交换机",
    "exhausted": "耗尽", "exhaustion": "耗尽", "expiration": "到期", "expired": "已过期",
    "expiring": "将到期", "expiry": "到期", "exporter": "采集器", "fail": "失败",
    "failed": "失败", "failing": "失败", "failover": "切换", "fails": "失败", "failure": "故障",
    "failures": "故障", "fan": "风扇", "fault": "故障", "file": "文件", "files": "文件",
    "filesystem": "文件系统", "firewall": "防火墙", "flapping": "抖动", "follower": "从节点",
    "fragmentation": "碎片", "free": "空闲", "frontend": "前端", "full": "满", "gateway": "网关",
    "generation": "版本", "graph": "图", "group": "组", "growing": "增长", "hardware": "硬件",
    "health": "健康", "healthcheck": "健康检查", "healthy": "健康", "heap": "堆",
    "heartbeat": "心跳", "high": "高", "host": "主机", "hosts": "主机", "hours": "小时",
    "hpa": "HPA", "idle": "空闲", "inactive": "不活动", "inconsistency": "不一致",
    "inconsistent": "不一致", "increase": "上升", "increasing": "上升", "index": "索引",
    "ingestion": "写入", "initializing": "初始化", "inodes": "inode", "insecure": "不安全",
    "inside": "内", "installed": "已装", "instance": "实例", "instances": "实例",
    "insufficient": "不足", "interface": "网口", "invalid": "无效", "issue": "问题",
    "issues": "问题", "items": "监控项", "job": "任务", "jobs": "任务", "kernel": "内核",
    "key": "键", "keys": "键", "label": "标签", "lag": "延迟", "large": "过大", "latency": "延迟",
    "leader": "主节点", "leak": "泄漏", "left": "剩余", "less": "少于", "licence": "许可证",
    "license": "许可证", "limit": "上限", "limits": "上限", "link": "链路", "list": "列表",
    "load": "负载", "lock": "锁", "locks": "锁", "log": "日志", "login": "登录", "logins": "登录",
    "logs": "日志", "long": "过长", "lookup": "查询", "lost": "丢失", "low": "低", "mail": "邮件",
    "major": "主要", "master": "主节点", "mem": "内存", "member": "成员", "members": "成员",
    "memory": "内存", "message": "消息", "messages": "消息", "metric": "指标", "metrics": "指标",
    "minutes": "分钟", "mirror": "镜像", "mismatch": "不一致", "missing": "缺失",
    "module": "模块", "monitor": "监控", "monitoring": "监控", "more": "多于", "most": "多数",
    "mount": "挂载", "name": "名称", "neighbor": "邻居", "network": "网络", "no": "无",
    "node": "节点", "nodes": "节点", "non": "非", "not": "未", "notification": "通知",
    "notifications": "通知", "number": "数", "occurred": "发生", "offline": "离线",
    "offset": "偏移", "open": "打开", "operation": "操作", "operations": "操作",
    "outdated": "过旧", "outside": "外", "over": "超过", "overcommit": "超配", "overflow": "溢出",
    "overheating": "过热", "overload": "过载", "package": "软件包", "packages": "软件包",
    "packet": "包", "packets": "包", "partition": "分区", "partitions": "分区",
    "password": "密码", "paused": "暂停", "peer": "对端", "peers": "对端", "pending": "挂起",
    "percent": "百分比", "persistentvolume": "持久卷", "persistentvolumeclaim": "持久卷",
    "pool": "池", "port": "端口", "ports": "端口", "power": "电源", "presence": "存在",
    "pressure": "压力", "primary": "主库", "probe": "探测", "process": "进程",
    "processes": "进程", "processing": "处理", "proxy": "代理", "queries": "查询",
    "query": "查询", "queue": "队列", "queued": "排队", "queues": "队列", "quorum": "法定数",
    "quota": "配额", "rate": "速率", "ratio": "比率", "reached": "达到", "read": "读",
    "readiness": "就绪", "reads": "读", "ready": "就绪", "reallocated": "重映射",
    "rebalance": "重平衡", "rebooted": "已重启", "receive": "接收", "received": "收到",
    "reconcile": "调谐", "reconciliation": "调谐", "refresh": "刷新", "refused": "拒绝",
    "rejected": "拒绝", "rejecting": "拒绝", "reload": "重载", "reloads": "重载",
    "relocating": "迁移", "remote": "远程", "renewal": "续期", "replica": "副本",
    "replicas": "副本", "replication": "复制", "request": "请求", "requests": "请求",
    "resource": "资源", "resources": "资源", "response": "响应", "responses": "响应",
    "restart": "重启", "restarted": "已重启", "restarts": "重启", "retransmissions": "重传",
    "retransmits": "重传", "rollback": "回滚", "rollout": "发布", "route": "路由",
    "routes": "路由", "rule": "规则", "rules": "规则", "running": "运行", "sample": "样本",
    "samples": "样本", "saturation": "饱和", "scheduled": "调度", "scheduler": "调度器",
    "schema": "模式", "scrape": "抓取", "scrapes": "抓取", "script": "脚本", "seconds": "秒",
    "sector": "扇区", "sectors": "扇区", "security": "安全", "segment": "段", "segments": "段",
    "send": "发送", "sending": "发送", "sensor": "传感器", "sequence": "序列", "server": "服务器",
    "servers": "服务器", "service": "服务", "services": "服务", "session": "会话",
    "sessions": "会话", "shard": "分片", "shards": "分片", "size": "大小", "skew": "偏差",
    "slave": "从库", "slow": "慢", "small": "过小", "snapshot": "快照", "snapshots": "快照",
    "some": "部分", "soon": "将", "space": "空间", "spare": "备盘", "stale": "陈旧",
    "standby": "备库", "startup": "启动", "state": "状态", "status": "状态", "stopped": "已停",
    "storage": "存储", "store": "存储", "stuck": "卡住", "subscription": "订阅",
    "success": "成功", "supply": "供电", "suspended": "挂起", "suspicious": "可疑",
    "swap": "交换区", "switch": "交换机", "sync": "同步", "synced": "同步",
    "synchronising": "同步", "synchronization": "同步", "system": "系统", "table": "表",
    "tables": "表", "tablespace": "表空间", "target": "目标", "targets": "目标", "task": "任务",
    "tasks": "任务", "temp": "温度", "temperature": "温度", "terminated": "终止",
    "thread": "线程", "threads": "线程", "threshold": "阈值", "throttled": "限流",
    "throttling": "限流", "throughput": "吞吐", "tier": "层", "time": "时间", "timeout": "超时",
    "timeouts": "超时", "timestamp": "时间戳", "timestamps": "时间戳", "token": "令牌",
    "topic": "主题", "total": "总", "transaction": "事务", "transactions": "事务",
    "transmit": "发送", "tunnel": "隧道", "unacked": "未确认", "unassigned": "未分配",
    "unauthorized": "未授权", "unavailable": "不可用", "unbalanced": "不均衡",
    "unbound": "未绑定", "under": "低于", "unhealthy": "不健康", "unknown": "未知",
    "unreachable": "不可达", "unresponsive": "无响应", "unroutable": "不可路由",
    "unschedulable": "不可调度", "unsupported": "不支持", "unsynced": "未同步",
    "unsynchronized": "未同步", "unused": "未用", "unusual": "异常", "update": "更新",
    "updates": "更新", "upgrade": "升级", "upload": "上传", "upstream": "上游", "usage": "使用率",
    "used": "使用", "user": "用户", "users": "用户", "utilisation": "使用率",
    "utilization": "使用率", "version": "版本", "versions": "版本", "virtual": "虚拟",
    "volume": "卷", "volumes": "卷", "waiting": "等待", "waits": "等待", "warning": "警告",
    "wear": "磨损", "worker": "工作节点", "workers": "工作节点", "write": "写", "writes": "写",
    "wrong": "错误",
}  # fmt: skip
