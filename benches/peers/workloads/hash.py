def run(n):
    text = [(i * 31 + 7) & 255 for i in range(1024)]
    value = 0xCBF29CE484222325
    for _ in range(n):
        for byte in text:
            value = ((value ^ byte) * 1099511628211) & 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value
