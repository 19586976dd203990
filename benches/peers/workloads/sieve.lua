return function(n)
  local last, flags, primes = 16384, {}, 0
  for _ = 1, n do
    for i = 2, last do flags[i] = 1 end
    primes = 0
    for p = 2, last do
      if flags[p] ~= 0 then
        primes = primes + 1
        for m = p + p, last, p do flags[m] = 0 end
      end
    end
  end
  return primes
end
