class Body:
    __slots__ = ("x", "y", "z", "vx", "vy", "vz", "m")

    def __init__(self, x, y, z, vx, vy, vz, m):
        self.x, self.y, self.z = x, y, z
        self.vx, self.vy, self.vz = vx, vy, vz
        self.m = m


def step(bodies, distances):
    pair = 0
    for i, p in enumerate(bodies):
        x, y, z, m = p.x, p.y, p.z, p.m
        vx, vy, vz = p.vx, p.vy, p.vz
        for j in range(i + 1, len(bodies)):
            q = bodies[j]
            dx, dy, dz = x - q.x, y - q.y, z - q.z
            d2 = dx * dx + dy * dy + dz * dz
            guess = distances[pair]
            distance = (guess + d2 / guess) * 0.5
            distances[pair] = distance
            pair += 1
            pull = 0.01 / (d2 * distance)
            pull_of_q = q.m * pull
            vx -= dx * pull_of_q
            vy -= dy * pull_of_q
            vz -= dz * pull_of_q
            pull_of_p = m * pull
            q.vx += dx * pull_of_p
            q.vy += dy * pull_of_p
            q.vz += dz * pull_of_p
        p.vx, p.vy, p.vz = vx, vy, vz
    for p in bodies:
        p.x += p.vx * 0.01
        p.y += p.vy * 0.01
        p.z += p.vz * 0.01


def run(n):
    bodies = [
        Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 39.478),
        Body(4.84, -1.16, -0.1, 0.61, 2.81, -0.03, 0.0377),
        Body(8.34, 4.12, -0.4, -1.01, 1.82, 0.01, 0.0113),
        Body(12.89, -15.11, -0.22, 1.08, 0.87, -0.01, 0.0017),
        Body(15.38, -25.92, 0.18, 0.98, 0.59, -0.03, 0.002),
    ]
    distances = [10.0] * 10
    for _ in range(n):
        step(bodies, distances)
    total = 0.0
    for p in bodies:
        total = total + p.x + p.y + p.z
    return int(total * 1000000000.0)
