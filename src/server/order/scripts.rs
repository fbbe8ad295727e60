//! The scripts that change the log. Redis runs each of them without anything in between.
//!
//! `{name}:head` holds the position `n` of the last entry, and in `last` its author and time, which the next entry repeats as
//! `prev`; the highest position `seen` that a node has applied; the position `kept` of the snapshot; and after a loss the
//! highest position `best` that a node had applied which asked within `RESEED_BEST_FOR` before `heard`.

/// Appends an entry: its position is one more than that of the last. With fewer entries than a node has seen the store has
/// lost some, and takes no more.
pub const APPEND: &str = "
local head = redis.call('HMGET', KEYS[2], 'n', 'last', 'seen')
local n = tonumber(head[1] or 0)
local applied = tonumber(ARGV[2])
local seen = math.max(tonumber(head[3] or 0), applied)
redis.call('HSET', KEYS[2], 'seen', seen)
local time = redis.call('TIME')
local ms = time[1] * 1000 + math.floor(time[2] / 1000)
if n < seen then
    local last = redis.call('HMGET', KEYS[2], 'best', 'heard')
    local best = tonumber(last[1] or 0)
    if applied >= best or ms - last[2] > tonumber(ARGV[4]) then
        best = applied
        redis.call('HSET', KEYS[2], 'best', best, 'heard', ms)
    end
    return {'behind', n, seen, best}
end
redis.call('XADD', KEYS[1], (n + 1) .. '-0', 'prev', head[2] or '', 'by', ARGV[1], 'ms', ms, 'events', ARGV[3])
redis.call('HSET', KEYS[2], 'n', n + 1, 'last', ARGV[1] .. '@' .. ms)
return {'at', n + 1}
";

/// Writes the log again after a loss: a snapshot, the last entries, and the head. Does nothing if somebody else has done so, or
/// knows more. Returns whether the log is whole.
pub const RESEED: &str = "
local head = redis.call('HMGET', KEYS[2], 'n', 'seen', 'best')
local n, seen, best = tonumber(head[1] or 0), tonumber(head[2] or 0), tonumber(head[3] or 0)
local position, last = tonumber(ARGV[1]), ARGV[2]
if n >= seen then return 1 end
if position < seen and (ARGV[5] == '0' or position < best or position < n) then return 0 end
redis.call('DEL', KEYS[1])
for at = 6, #ARGV, 5 do
    redis.call('XADD', KEYS[1], ARGV[at] .. '-0', 'prev', ARGV[at + 1], 'by', ARGV[at + 2],
        'ms', ARGV[at + 3], 'events', ARGV[at + 4])
end
redis.call('SET', KEYS[3], ARGV[4])
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'n', position, 'last', last, 'seen', position, 'kept', ARGV[3])
return 1
";

/// Stores a snapshot, unless there is a later one, and removes the entries up to the snapshot before: somebody may still be reading
/// those after it. A snapshot of another past than the log's has no entry there.
///
/// `XADD` above writes prev, by, ms, events in this order, so 4 is `by` and 6 is `ms`. Must equal `fingerprint` in entry.rs.
pub const KEEP: &str = "
local position = tonumber(ARGV[1])
local entry = redis.call('XRANGE', KEYS[1], position .. '-0', position .. '-0')[1]
if not entry or entry[2][4] .. '@' .. entry[2][6] ~= ARGV[2] then return 0 end
local kept = tonumber(redis.call('HGET', KEYS[2], 'kept') or 0)
if position <= kept then return 0 end
redis.call('SET', KEYS[3], ARGV[3])
redis.call('HSET', KEYS[2], 'kept', position)
if kept > 0 then redis.call('XTRIM', KEYS[1], 'MINID', kept .. '-0') end
return 1
";
