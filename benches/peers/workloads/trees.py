def build(depth):
    if depth == 0:
        return (None, None)
    return (build(depth - 1), build(depth - 1))


def count(node):
    left, right = node
    if left is None:
        return 1
    return count(left) + count(right) + 1


def run(n):
    total = 0
    for _ in range(n):
        total += count(build(8))
    return total
