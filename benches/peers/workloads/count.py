def run(n):
    total = 0
    for i in range(n):
        total += i
        if total > 1000000000:
            total -= 1000000000
    return total
