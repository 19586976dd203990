counter = 0


def run(n):
    global counter
    counter = 0
    for _ in range(n):
        counter += 1
    return counter
