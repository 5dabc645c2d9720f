"""What the journal on Redis does in one step: scripts that Redis runs, each alone.

Above: `redis_journal`, which names the keys. In every script the keys come first as `run`, `log`, `lease`,
`followed`, where it needs them. The hash of a run has the fields

    id, record, thread, key     what began it, and the keys of its thread and its idempotency key
    owner                       the worker whose run it is
    op                          the last call that changed it: a call that is sent again because its reply
                                was lost finds its own name here, and is answered as it was
    last                        the number of its newest frame
    snap, snapshot              the newest frame that the snapshot stands for, and the snapshot
    ended                       nothing follows
"""

BEGIN = """
local run, log, lease, followed, thread, key = unpack(KEYS)
local id, owner, op, record, lease_ms, keep_ms, prefix = unpack(ARGV)
if redis.call('HGET', run, 'op') == op then return {'begun', record} end
local other = key ~= '' and redis.call('GET', key)
local found = other and redis.call('HGET', prefix .. 'run:' .. other, 'record')
if found then return {'repeat', found} end
other = redis.call('GET', thread)
found = other and redis.call('HGET', prefix .. 'run:' .. other, 'record')
if found then return {'busy', found} end
redis.call('DEL', log, followed)
redis.call('HSET', run, 'id', id, 'record', record, 'thread', thread, 'key', key,
  'owner', owner, 'op', op, 'last', 0, 'snap', 0)
redis.call('PEXPIRE', run, keep_ms)
redis.call('SET', lease, owner, 'PX', lease_ms)
redis.call('SET', thread, id, 'PX', keep_ms)
if key ~= '' then redis.call('SET', key, id, 'PX', keep_ms) end
return {'begun', record}
"""

APPEND = """
local run, log = KEYS[1], KEYS[2]
local owner, op, first, keep_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local held = redis.call('HMGET', run, 'owner', 'op', 'ended', 'last')
if held[1] == owner and held[2] == op then return 'done' end
if held[1] ~= owner or held[3] then return 'taken' end
local last = tonumber(held[4])
if first ~= last + 1 or (last > 0 and redis.call('EXISTS', log) == 0) then return 'lost' end
for n = 5, #ARGV do
  last = last + 1
  redis.call('XADD', log, last .. '-0', 'f', ARGV[n])
end
redis.call('HSET', run, 'last', last, 'op', op)
if first == 1 then redis.call('PEXPIRE', log, keep_ms) end
return 'done'
"""

FINISH = """
local run, log, lease, followed = unpack(KEYS)
local owner, op, first, keep_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local held = redis.call('HMGET', run, 'owner', 'op', 'ended', 'last', 'id', 'thread', 'key')
if held[1] == owner and held[2] == op then return 'done' end
if held[1] ~= owner or held[3] then return 'taken' end
local last = tonumber(held[4])
if first ~= last + 1 or (last > 0 and redis.call('EXISTS', log) == 0) then return 'lost' end
for n = 5, #ARGV do
  last = last + 1
  if n < #ARGV then
    redis.call('XADD', log, last .. '-0', 'f', ARGV[n])
  else
    redis.call('XADD', log, last .. '-0', 'f', ARGV[n], 'e', '')
  end
end
redis.call('HSET', run, 'last', last, 'op', op, 'ended', 1)
redis.call('PEXPIRE', run, keep_ms)
redis.call('PEXPIRE', log, keep_ms)
if held[7] ~= '' then redis.call('PEXPIRE', held[7], keep_ms) end
if redis.call('GET', held[6]) == held[5] then redis.call('DEL', held[6]) end
redis.call('DEL', lease, followed)
return 'done'
"""

COMPACT = """
local run, log = KEYS[1], KEYS[2]
local owner, upto, snapshot = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local held = redis.call('HMGET', run, 'owner', 'ended', 'last', 'snap')
if held[1] ~= owner or held[2] then return 'taken' end
if upto > tonumber(held[3]) then return 'lost' end
if upto <= tonumber(held[4]) then return 'done' end
redis.call('HSET', run, 'snap', upto, 'snapshot', snapshot)
redis.call('XTRIM', log, 'MINID', '=', (upto + 1) .. '-0')
return 'done'
"""

DISCARD = """
local run, log, lease, followed = unpack(KEYS)
local held = redis.call('HMGET', run, 'owner', 'ended', 'id', 'thread', 'key')
if held[1] ~= ARGV[1] or held[2] then return end
if redis.call('GET', held[4]) == held[3] then redis.call('DEL', held[4]) end
if held[5] ~= '' and redis.call('GET', held[5]) == held[3] then redis.call('DEL', held[5]) end
redis.call('DEL', run, log, lease, followed)
"""

ACTIVE = """
local id = redis.call('GET', KEYS[1])
return id and redis.call('HGET', ARGV[1] .. 'run:' .. id, 'record')
"""

RENEW = """
local run, log, lease, followed = unpack(KEYS)
local owner, lease_ms, keep_ms = unpack(ARGV)
local held = redis.call('HMGET', run, 'owner', 'ended', 'id', 'thread', 'key')
if held[1] ~= owner then return 'lost' end
if held[2] then return 'kept' end
-- a thread's key that was evicted is put back, unless another run has come to the thread meanwhile
if not redis.call('SET', held[4], held[3], 'NX', 'PX', keep_ms)
  and redis.call('GET', held[4]) ~= held[3] then return 'lost' end
redis.call('SET', lease, owner, 'PX', lease_ms)
for _, kept in ipairs({run, log, held[4]}) do redis.call('PEXPIRE', kept, keep_ms) end
if held[5] ~= '' then redis.call('PEXPIRE', held[5], keep_ms) end
return redis.call('EXISTS', followed) == 1 and 'followed' or 'kept'
"""

RECLAIM = """
local run, log, lease = KEYS[1], KEYS[2], KEYS[3]
local owner, op, lease_ms, keep_ms = unpack(ARGV)
local held = redis.call('HMGET', run, 'owner', 'op', 'ended', 'thread', 'key')
if not held[1] or held[3] then return 0 end
if held[2] == op then return 1 end
if redis.call('EXISTS', lease) == 1 then return 0 end
redis.call('HSET', run, 'owner', owner, 'op', op)
redis.call('SET', lease, owner, 'PX', lease_ms)
for _, kept in ipairs({run, log, held[4]}) do redis.call('PEXPIRE', kept, keep_ms) end
if held[5] ~= '' then redis.call('PEXPIRE', held[5], keep_ms) end
return 1
"""

REQUEST_STOP = """
local held = redis.call('HMGET', KEYS[1], 'owner', 'ended', 'id')
if not held[1] or held[2] then return end
local stops = ARGV[1] .. 'stops:' .. held[1]
redis.call('RPUSH', stops, held[3])
redis.call('PEXPIRE', stops, ARGV[2])
"""
