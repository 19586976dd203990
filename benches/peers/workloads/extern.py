# A function of the interpreter's own, written in C.
from operator import add


def run(n):
    total = 0
    for i in range(n):
        total = add(total, i)
    return total
