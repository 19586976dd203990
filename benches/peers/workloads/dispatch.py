def run(n):
    code = [1, 31, 3, 0, 4, 0, 0, 7, 2, 65521, 0, 3, 5, 0, 6, 0, 7, 0]
    at, total, counter = 0, 0, n
    while True:
        number = code[at]
        if number == 0:
            total += code[at + 1]
        elif number == 1:
            total *= code[at + 1]
        elif number == 2:
            total %= code[at + 1]
        elif number == 3:
            total += counter
        elif number == 4:
            total += total
        elif number == 5:
            counter -= 1
        elif number == 6:
            if counter != 0:
                at = code[at + 1]
                continue
        else:
            return total
        at += 2
