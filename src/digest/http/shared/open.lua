-- KEYS 1 epoch. ARGV 1 run_id, 2 eight fresh random octets
local e = redis.call('GET', KEYS[1])
if e and e:sub(9) == ARGV[1] then return e end
e = ARGV[2] .. ARGV[1]
redis.call('SET', KEYS[1], e)
return e
