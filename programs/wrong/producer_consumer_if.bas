' Two consumers ask once whether there is something in the buffer, and do not look again when they wake. A
' consumer that is woken may find the buffer empty: the other one was faster. With DO WHILE in the place of
' IF, as in ../correct/producer_consumer.bas, it would wait again.
'
' expect: trap the buffer is empty

USING Viper.Threads

DIM buffer AS INTEGER
DIM lock AS OBJECT = Viper.Collections.List.New()

SUB Produce()
    Monitor.Enter(lock)
    buffer = buffer + 1
    Monitor.PauseAll(lock)
    Monitor.Exit(lock)
    Monitor.Enter(lock)
    buffer = buffer + 1
    Monitor.PauseAll(lock)
    Monitor.Exit(lock)
END SUB

SUB Consume()
    Monitor.Enter(lock)
    IF buffer = 0 THEN
        Monitor.Wait(lock)
    END IF
    Viper.Core.Diagnostics.Assert(buffer > 0, "the buffer is empty")
    buffer = buffer - 1
    Monitor.Exit(lock)
END SUB

DIM producer AS Thread = Thread.Start(ADDRESSOF Produce, NOTHING)
DIM one AS Thread = Thread.Start(ADDRESSOF Consume, NOTHING)
DIM other AS Thread = Thread.Start(ADDRESSOF Consume, NOTHING)
producer.Join()
one.Join()
other.Join()
