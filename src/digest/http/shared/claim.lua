-- KEYS 1 record, 2 epoch
-- ARGV 1 count, 2 order (0 strict, 1 window), 3 user (16 octets), 4 first cnonce, 5 life in ms,
--      6 may begin (1, 0), 7 epoch, 8 caller's time in s, 9 skew allowed in s
local now = redis.call('TIME')
if math.abs(tonumber(now[1]) - tonumber(ARGV[8])) > tonumber(ARGV[9]) then return {-4, now[1]} end
if redis.call('GET', KEYS[2]) ~= ARGV[7] then return {-2} end
local nc, life = tonumber(ARGV[1]), ARGV[5]
local v = redis.call('GET', KEYS[1])
if not v then
  if ARGV[6] ~= '1' then return {-1} end
  redis.call('SET', KEYS[1], struct.pack('>I4I4I4', nc, 0, 1) .. ARGV[3] .. ARGV[4], 'PX', life)
  return {2}
end
if v:sub(13, 28) ~= ARGV[3] then return {-3} end
local high, up, low = struct.unpack('>I4I4I4', v)
local ahead = nc - high
if ARGV[2] == '0' and ahead ~= 1 then return {0} end
if ahead > 0 then
  if ahead >= 64 then up, low = 0, 0
  elseif ahead >= 32 then up, low = bit.lshift(low, ahead - 32), 0
  else
    up = bit.bor(bit.lshift(up, ahead), bit.rshift(low, 32 - ahead))
    low = bit.lshift(low, ahead)
  end
  low, high = bit.bor(low, 1), nc
else
  local below = -ahead
  if nc < 1 or below > 63 then return {0} end
  if below < 32 then
    local m = bit.lshift(1, below)
    if bit.band(low, m) ~= 0 then return {0} end
    low = bit.bor(low, m)
  else
    local m = bit.lshift(1, below - 32)
    if bit.band(up, m) ~= 0 then return {0} end
    up = bit.bor(up, m)
  end
end
redis.call('SET', KEYS[1], struct.pack('>I4I4I4', high, up % 4294967296, low % 4294967296) .. v:sub(13), 'PX', life)
return {1}
