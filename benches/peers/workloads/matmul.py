def run(n):
    size = 100
    a = [i % 7 * 0.5 for i in range(size * size)]
    b = [i % 5 * 0.25 for i in range(size * size)]
    c = [0.0] * (size * size)
    for _ in range(n):
        for row in range(size):
            for column in range(size):
                total, at_a, at_b = 0.0, row * size, column
                for _ in range(size):
                    total += a[at_a] * b[at_b]
                    at_a += 1
                    at_b += size
                c[row * size + column] = total
    return int((c[9999] + c[17]) * 8)
