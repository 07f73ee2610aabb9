-- One operation on one semaphore: KEYS are the keys of the semaphore, ARGV is the name of the operation,
-- the member that asks, and the arguments of the operation. Redis runs a script alone and whole.
--
-- The requests are the only truth. All other keys but the state and the users can be made again from them,
-- and audit does so when their counts disagree: a person has deleted something, or a script has failed on
-- its way. So no order of writes can lose a permit for good.

local state, users, requests, queue, outside, index, free = unpack(KEYS)
local op, me = ARGV[1], ARGV[2]

-- Redis from 5 on replicates the effects of a script, so a replica does not read its own clock. All
-- times are of the server: the members' clocks need not agree with it or with one another.
local clock = redis.call('TIME')
local micros = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local now = math.floor(micros / 1000)

local function int(x) return string.format('%.0f', x) end -- tostring writes 1e+15

local fields = {'size', 'made', 'used', 'grants', 'members', 'top', 'fence', 'seq', 'changes'}
local S, dirty = {}, false

-- load returns nil, or the status to answer with.
local function load()
  local values = redis.call('HMGET', state, 'format', unpack(fields))
  if not values[1] then return 'LOST' end
  for i, field in ipairs(fields) do
    S[field] = tonumber(values[i + 1])
    if values[1] ~= 'v1' or not S[field] or S[field] < 0 or S.size > 65536 then
      return 'FORMAT', state, table.concat({values[1], field, tostring(values[i + 1])}, ' ')
    end
  end
end

-- The first write of a script is the only one that Redis refuses for want of memory. It changes nothing
-- that the others rely on.
local function touch()
  if not dirty then
    dirty = true
    redis.call('HINCRBY', state, 'changes', 1)
    S.changes = S.changes + 1
  end
end

local function save()
  if not dirty then return end
  local out = {'format', 'v1'}
  for _, field in ipairs(fields) do
    out[#out + 1] = field
    out[#out + 1] = int(S[field])
  end
  redis.call('HSET', state, unpack(out))
end

-- ranges writes ascending slots as '0-3,7'.
local function ranges(slots)
  local out, i = {}, 1
  while i <= #slots do
    local j = i
    while slots[j + 1] == slots[j] + 1 do j = j + 1 end
    out[#out + 1] = j > i and int(slots[i]) .. '-' .. int(slots[j]) or int(slots[i])
    i = j + 1
  end
  return table.concat(out, ',')
end

-- slotsOf returns nil unless the text is what ranges writes.
local function slotsOf(text)
  local slots = {}
  for part in string.gmatch(text, '[^,]+') do
    local lo, hi = string.match(part, '^(%d+)%-(%d+)$')
    lo = tonumber(lo or string.match(part, '^%d+$'))
    hi = tonumber(hi) or lo
    if not lo or hi < lo or hi >= 65536 or (slots[#slots] or -1) >= lo then return nil end
    for slot = lo, hi do slots[#slots + 1] = slot end
  end
  if #slots > 0 then return slots end
end

-- A record is 'h FENCE SLOTS' (held), 'w N SEQ' (waits in the queue), or 'o N SEQ' (is larger than the size,
-- and waits outside the queue).
local function record(id)
  local text = redis.call('HGET', requests, id)
  if not text then return nil end
  local kind, a, b = string.match(text, '^(%a) (%d+) ([%d,%-]+)$')
  local slots = kind == 'h' and slotsOf(b)
  if not kind or not tonumber(a) or (kind == 'h' and not slots) or (kind ~= 'h' and not tonumber(b)) then
    return 'bad', text
  end
  return kind, a, slots or b
end

local function ownerOf(id) return string.match(id, '^(.*)%-') or '' end

local function addFree(slots)
  for i = 1, #slots, 500 do -- unpack has a limit
    local args = {}
    for j = i, math.min(i + 499, #slots) do
      args[#args + 1] = int(slots[j])
      args[#args + 1] = int(slots[j])
    end
    redis.call('ZADD', free, unpack(args))
  end
end

-- drop ends a request, in whatever state it is.
local function drop(id)
  local kind, _, rest = record(id)
  if not kind then return false end
  touch()
  redis.call('HDEL', requests, id)
  redis.call('ZREM', index, id)
  redis.call('ZREM', queue, id)
  redis.call('ZREM', outside, id)
  if kind == 'h' then
    addFree(rest)
    S.used, S.grants = S.used - #rest, S.grants - 1
  end
  return true
end

-- pick takes the n lowest free slots. The slots below top that no grant has are in free, and the caller has
-- checked used + n <= size. So at least n slots below the size are free, and they come first.
local function pick(n)
  local slots = {}
  local popped = redis.call('ZPOPMIN', free, int(n))
  for i = 1, #popped, 2 do slots[#slots + 1] = tonumber(popped[i]) end
  while #slots < n do
    slots[#slots + 1] = S.top
    S.top = S.top + 1
  end
  return slots
end

-- grant records a grant. The fence is greater than every fence before it, as a counter is, and at least the
-- clock of the server. If the newest grants are lost in a failover, a counter alone would give their
-- fences to other holders. The clock has passed them.
local function grant(id, n)
  touch()
  S.fence = math.max(S.fence + 1, micros)
  local slots = pick(n)
  S.used, S.grants = S.used + n, S.grants + 1
  local held = int(S.fence) .. ' ' .. ranges(slots)
  redis.call('HSET', requests, id, 'h ' .. held)
  redis.call('ZADD', index, 0, id)
  return held
end

-- pump serves the queue: first come, first served, and nothing passes a request that does not fit yet. Each
-- grant is told to its member alone. The message may get lost; the record of the request does not.
local function pump()
  while true do
    local id = redis.call('ZRANGE', queue, 0, 0)[1]
    if not id then return end
    local kind, n = record(id)
    if kind ~= 'w' or S.used + tonumber(n) > S.size then return end
    touch()
    redis.call('ZREM', queue, id)
    local held = grant(id, tonumber(n))
    redis.call('PUBLISH', string.gsub(state, 'state$', 'to:') .. ownerOf(id), id .. ' ' .. held)
  end
end

local function idsOf(member)
  return redis.call('ZRANGEBYLEX', index, '[' .. member .. '-', '(' .. member .. '.') -- '.' follows '-'
end

local function remove(member)
  for _, id in ipairs(idsOf(member)) do drop(id) end
  if redis.call('ZREM', users, member) == 1 then
    touch()
    redis.call('HDEL', state, 'gate:' .. member)
    S.members = S.members - 1
  end
end

-- rebuild makes everything from the requests. It reads all of them before it writes, so a record that
-- it cannot read changes nothing.
local function rebuild()
  local all = redis.call('HGETALL', requests)
  local orphans, waiting, held, used, grants, top = {}, {}, {}, 0, 0, 0
  for i = 1, #all, 2 do
    local id = all[i]
    local kind, a, b = record(id)
    if kind == 'bad' then return 'FORMAT', requests, id .. ' ' .. a end
    if not redis.call('ZSCORE', users, ownerOf(id)) then
      orphans[#orphans + 1] = id
    elseif kind == 'h' then
      for _, slot in ipairs(b) do
        if held[slot] then return 'FORMAT', requests, 'two holders of slot ' .. int(slot) end
        held[slot] = true
        top = math.max(top, slot + 1)
      end
      used, grants = used + #b, grants + 1
      waiting[#waiting + 1] = {id}
    else
      waiting[#waiting + 1] = {id, kind == 'w' and queue or outside, b}
    end
  end
  touch()
  redis.call('DEL', queue, outside, index, free)
  for _, id in ipairs(orphans) do redis.call('HDEL', requests, id) end
  for _, w in ipairs(waiting) do
    redis.call('ZADD', index, 0, w[1])
    if w[2] then redis.call('ZADD', w[2], w[3], w[1]) end
    S.seq = math.max(S.seq, tonumber(w[3]) or 0)
  end
  local gaps = {}
  for slot = 0, top - 1 do
    if not held[slot] then gaps[#gaps + 1] = slot end
  end
  addFree(gaps)
  S.used, S.grants, S.top, S.members = used, grants, top, redis.call('ZCARD', users)
end

local function audit()
  local n = redis.call('HLEN', requests)
  if redis.call('ZCARD', index) ~= n or redis.call('ZCARD', queue) + redis.call('ZCARD', outside) + S.grants ~= n
    or redis.call('ZCARD', free) ~= S.top - S.used or redis.call('ZCARD', users) ~= S.members then
    return rebuild()
  end
end

local function enqueue(id, n, kind)
  S.seq = S.seq + 1
  redis.call('HSET', requests, id, kind .. ' ' .. n .. ' ' .. int(S.seq))
  redis.call('ZADD', index, 0, id)
  redis.call('ZADD', kind == 'w' and queue or outside, int(S.seq), id)
end

-- passGate decides whether this copy of a command may still run. A command whose answer was lost may have
-- run, or may run later. Its repetition moves the gate, and from then on the lost copy cannot run.
local function passGate(gate, repeated)
  local current = redis.call('HGET', state, 'gate:' .. me)
  if not current then return 'LOST' end
  if current ~= gate then return 'GATE', current end
  if repeated == '1' then
    touch()
    redis.call('HINCRBY', state, 'gate:' .. me, 1)
  end
end

local ops = {}

function ops.join(ttl, size)
  size = tonumber(size)
  if S.size ~= size and S.made ~= size then return 'SIZE', int(S.size), int(S.made) end
  touch()
  if redis.call('ZADD', users, int(now + tonumber(ttl)), me) == 1 then S.members = S.members + 1 end
  redis.call('HSETNX', state, 'gate:' .. me, 0)
  return 'OK'
end

function ops.take(id, n, wait, gate, repeated)
  local status, current = passGate(gate, repeated)
  if status then return status, current end
  local kind, a, b = record(id)
  if kind == 'h' then return 'HELD', a .. ' ' .. ranges(b) end
  if kind then return 'WAIT' end
  if redis.call('ZCARD', queue) == 0 and S.used + tonumber(n) <= S.size then
    return 'HELD', grant(id, tonumber(n))
  end
  if wait ~= '1' then return 'BUSY' end
  touch()
  enqueue(id, n, tonumber(n) > S.size and 'o' or 'w')
  return 'WAIT'
end

-- give leaves the holder the slots in keep. A grant never gets a slot back, so an old copy of a give, or a
-- copy that runs again, has nothing left to do. The fence tells the grant from any other.
local function give(id, fence, keep)
  local kind, a, slots = record(id)
  if kind ~= 'h' or a ~= fence then return 'GONE' end
  local kept, rest, gone = {}, {}, {}
  for _, slot in ipairs(slotsOf(keep) or {}) do kept[slot] = true end
  for _, slot in ipairs(slots) do table.insert(kept[slot] and rest or gone, slot) end
  if #rest == 0 then
    drop(id)
  elseif #gone > 0 then
    touch()
    redis.call('HSET', requests, id, 'h ' .. a .. ' ' .. ranges(rest))
    addFree(gone)
    S.used = S.used - #gone
  end
  return 'OK'
end

-- The grants are given back in one run: no other request sees some of them free and not the others. The answer
-- has a word for each.
function ops.give(...)
  local out, gives = {'OK'}, {...}
  for i = 1, #gives, 3 do out[#out + 1] = give(gives[i], gives[i + 1], gives[i + 2]) end
  return unpack(out)
end

-- withdraw ends a request in any state. With it the gate moves, so no copy of its take can run later.
function ops.withdraw(id, repeated)
  if repeated == '1' then
    touch()
    redis.call('HINCRBY', state, 'gate:' .. me, 1)
  end
  drop(id)
  return 'OK'
end

-- renew prolongs the life of the member if ttl is not 0, and says what became of the requests.
function ops.renew(ttl, ...)
  if ttl ~= '0' then
    touch()
    redis.call('ZADD', users, int(now + tonumber(ttl)), me)
  end
  if not redis.call('HGET', state, 'gate:' .. me) then return 'LOST' end
  pump()
  local out = {'OK'}
  for _, id in ipairs({...}) do
    local kind, a, b = record(id)
    if kind == 'bad' then return 'FORMAT', requests, id .. ' ' .. a end
    out[#out + 1] = kind == 'h' and a .. ' ' .. ranges(b) or kind or 'gone'
  end
  return unpack(out)
end

function ops.resize(size, gate, repeated)
  local status, current = passGate(gate, repeated)
  if status then return status, current end
  touch()
  S.size = tonumber(size)
  for _, id in ipairs(redis.call('ZRANGE', queue, 0, -1)) do
    local _, n, seq = record(id)
    if tonumber(n) > S.size then
      redis.call('ZREM', queue, id)
      redis.call('ZADD', outside, seq, id)
      redis.call('HSET', requests, id, 'o ' .. n .. ' ' .. seq)
    end
  end
  for _, id in ipairs(redis.call('ZRANGE', outside, 0, -1)) do
    local _, n = record(id)
    if tonumber(n) <= S.size then
      redis.call('ZREM', outside, id)
      enqueue(id, n, 'w')
    end
  end
  return 'OK'
end

function ops.stats()
  return 'OK', int(S.size), int(S.used), int(S.grants), int(redis.call('ZCARD', queue))
end

function ops.leave()
  remove(me)
  return 'OK'
end

-- The answer begins with the status, the number of changes so far, and the milliseconds until the next
-- member expires.
local function answer(status, ...)
  save()
  local first = redis.call('ZRANGE', users, 0, 0, 'WITHSCORES')[2]
  return {status, int(S.changes or 0), int(first and math.max(0, tonumber(first) - now) or 0), ...}
end

local status, key, detail = load()
if status == 'LOST' and op == 'join' then
  for _, field in ipairs(fields) do S[field] = 0 end
  S.size, S.made = tonumber(ARGV[4]), tonumber(ARGV[4])
  status = nil
end
if not status then status, key, detail = audit() end
if status then return {status, '0', '0', key or state, detail or ''} end
-- A member that has expired loses everything before any request is served, its own included.
for _, member in ipairs(redis.call('ZRANGEBYSCORE', users, '-inf', int(now))) do remove(member) end
pump()
if op ~= 'join' and op ~= 'leave' and not redis.call('ZSCORE', users, me) then return answer('EXPIRED') end
local result = {ops[op](unpack(ARGV, 3))}
pump()
return answer(unpack(result))
