def run(n):
    last, primes = 16384, 0
    flags = [0] * (last + 1)
    for _ in range(n):
        for i in range(2, last + 1):
            flags[i] = 1
        primes = 0
        for p in range(2, last + 1):
            if flags[p]:
                primes += 1
                for m in range(p + p, last + 1, p):
                    flags[m] = 0
    return primes
