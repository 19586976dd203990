' A producer and a consumer share a buffer with one place, in the monitor of an object. Each waits while
' there is nothing for it to do, and looks again whenever it wakes.
'
' expect: verified
' prints: 3

USING Viper.Threads

CONST ITEMS = 2

DIM buffer AS INTEGER
DIM sum AS INTEGER
DIM lock AS OBJECT = Viper.Collections.List.New()

SUB Produce()
    DIM item AS INTEGER
    FOR item = 1 TO ITEMS
        Monitor.Enter(lock)
        DO WHILE buffer <> 0
            Monitor.Wait(lock)
        LOOP
        buffer = item
        Monitor.PauseAll(lock)
        Monitor.Exit(lock)
    NEXT item
END SUB

SUB Consume()
    DIM count AS INTEGER
    FOR count = 1 TO ITEMS
        Monitor.Enter(lock)
        DO WHILE buffer = 0
            Monitor.Wait(lock)
        LOOP
        sum = sum + buffer
        buffer = 0
        Monitor.PauseAll(lock)
        Monitor.Exit(lock)
    NEXT count
END SUB

DIM producer AS Thread = Thread.Start(ADDRESSOF Produce, NOTHING)
DIM consumer AS Thread = Thread.Start(ADDRESSOF Consume, NOTHING)
producer.Join()
consumer.Join()
PRINT sum
