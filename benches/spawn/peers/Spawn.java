import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The jobs for Java's virtual threads. Arguments: the job, the number of threads, the number of passes, and the
 * milliseconds of sleep. Prints one line of JSON: the fields are those of `Sample` in src/job.rs, and the readings those
 * of src/meter.rs.
 *
 * Virtual threads are there since Java 21. They are reached by reflection, once, so that any compiler since Java 17
 * takes this file: a runtime that is new enough often comes without one.
 */
public final class Spawn {
    private static final long SETTLING_MS = 50;
    private static final long LOOK_MS = 1;
    private static final int WARM_UP_ROUNDS = 20;
    private static final int WARM_UP_MAX = 2_000;
    private static final long WARM_UP_SLEEP_MS = 10;
    private static final double TICKS_PER_SECOND = 100.0;

    private static ThreadFactory virtual;

    // The clock and the memory of this process.
    private static long before;
    private static long began;
    private static long ticksBefore;
    private static double seconds;
    private static double cpuSeconds;
    private static String bytes = "null";
    private static String begunSeconds = "null";

    private interface Work {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 4) {
            throw new IllegalArgumentException("usage: Spawn JOB COUNT PASSES SLEEP_MS");
        }
        int count = Integer.parseInt(arguments[1]);
        long passes = Long.parseLong(arguments[2]);
        long sleepMs = Long.parseLong(arguments[3]);
        Work job = job(arguments[0], count, passes, sleepMs);
        Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
        virtual = (ThreadFactory) Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
        // Main is a virtual thread too, so that the carriers are all threads that run anything of it.
        Throwable[] failure = new Throwable[1];
        Thread main = virtual.newThread(() -> {
            try {
                job.run();
            } catch (Throwable thrown) {
                failure[0] = thrown;
            }
        });
        main.start();
        main.join();
        if (failure[0] != null) {
            throw new IllegalStateException("error: " + failure[0], failure[0]);
        }
        System.out.printf(
            Locale.ROOT,
            "{\"seconds\":%.9f,\"cpu_seconds\":%.2f,\"bytes\":%s,\"begun_seconds\":%s}%n",
            seconds, cpuSeconds, bytes, begunSeconds);
    }

    private static Work job(String name, int count, long passes, long sleepMs) {
        switch (name) {
            case "start":
                return () -> {
                    start(count / 10);
                    begin();
                    start(count);
                    end();
                };
            case "turns":
                return () -> {
                    turns(count / 10);
                    begin();
                    turns(count);
                    end();
                };
            case "parked":
                return () -> {
                    for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                        parked(warmUp(count));
                    }
                    parked(count);
                };
            case "ring":
                return () -> ring(count, passes / count);
            case "sleepers":
                return () -> {
                    for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                        sleepers(warmUp(count), WARM_UP_SLEEP_MS);
                    }
                    sleepers(count, sleepMs);
                };
            default:
                throw new IllegalArgumentException("unknown job " + name);
        }
    }

    /**
     * How many threads do the job in each of the rounds before the one that is measured. Without those rounds, the
     * compiler has seen no thread go on when it compiles what waits: each thread then leaves the compiled code when it
     * goes on, which takes ten times as long. The threads are few, since the memory that they leave behind is there
     * already when the job begins.
     */
    private static int warmUp(int count) {
        return Math.min(count / 10, WARM_UP_MAX);
    }

    private static void start(int count) throws InterruptedException {
        Thread[] threads = new Thread[count];
        for (int i = 0; i < count; i++) {
            threads[i] = started(() -> {});
        }
        join(threads);
    }

    private static void turns(int count) throws InterruptedException {
        for (int i = 0; i < count; i++) {
            started(() -> {}).join();
        }
    }

    private static void parked(int count) throws Exception {
        Thread[] threads = new Thread[count];
        AtomicInteger begun = new AtomicInteger();
        Semaphore gate = new Semaphore(0);
        before();
        for (int i = 0; i < count; i++) {
            threads[i] = started(() -> {
                begun.incrementAndGet();
                gate.acquireUninterruptibly();
            });
        }
        untilBegun(begun, count);
        Thread.sleep(SETTLING_MS);
        System.gc();
        full();
        begin();
        gate.release(count);
        join(threads);
        end();
    }

    private static void ring(int count, long rounds) throws Exception {
        Thread[] threads = new Thread[count];
        AtomicInteger begun = new AtomicInteger();
        Semaphore[] gates = new Semaphore[count];
        for (int i = 0; i < count; i++) {
            gates[i] = new Semaphore(0);
        }
        for (int i = 0; i < count; i++) {
            Semaphore own = gates[i];
            Semaphore next = gates[(i + 1) % count];
            threads[i] = started(() -> {
                begun.incrementAndGet();
                for (long left = rounds; left > 0; left--) {
                    own.acquireUninterruptibly();
                    next.release();
                }
            });
        }
        untilBegun(begun, count);
        Thread.sleep(SETTLING_MS);
        begin();
        gates[0].release();
        join(threads);
        end();
    }

    private static void sleepers(int count, long sleepMs) throws Exception {
        Thread[] threads = new Thread[count];
        AtomicInteger begun = new AtomicInteger();
        before();
        begin();
        for (int i = 0; i < count; i++) {
            threads[i] = started(() -> {
                begun.incrementAndGet();
                try {
                    Thread.sleep(sleepMs);
                } catch (InterruptedException interrupted) {
                    throw new IllegalStateException(interrupted);
                }
            });
        }
        untilBegun(begun, count);
        full();
        join(threads);
        end();
    }

    private static Thread started(Runnable body) {
        Thread thread = virtual.newThread(body);
        thread.start();
        return thread;
    }

    private static void join(Thread[] threads) throws InterruptedException {
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void untilBegun(AtomicInteger begun, int count) throws InterruptedException {
        while (begun.get() < count) {
            Thread.sleep(LOOK_MS);
        }
    }

    /** Reads the memory before the first thread. The clock does not run yet. */
    private static void before() throws IOException {
        System.gc();
        began = 0;
        before = residentBytes();
    }

    /** Starts the clock. */
    private static void begin() throws IOException {
        ticksBefore = cpuTicks();
        began = System.nanoTime();
    }

    /** Stops the clock. */
    private static void end() throws IOException {
        seconds = sinceBegin();
        cpuSeconds = (cpuTicks() - ticksBefore) / TICKS_PER_SECOND;
    }

    /** Reads the memory with all threads there, and the clock if it runs. */
    private static void full() throws IOException {
        if (began != 0) {
            begunSeconds = String.format(Locale.ROOT, "%.9f", sinceBegin());
        }
        bytes = Long.toString(residentBytes() - before);
    }

    private static double sinceBegin() {
        return (System.nanoTime() - began) / 1e9;
    }

    private static long residentBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        throw new IOException("/proc/self/status has no VmRSS");
    }

    private static long cpuTicks() throws IOException {
        String text = Files.readString(Path.of("/proc/self/stat"));
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }
}
