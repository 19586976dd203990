' Whoever sees that there is nothing yet adds it: it reads in the lock, leaves it, and writes in the lock. Two
' threads may both see that there is nothing, and both add. It must look again as a writer.
'
' expect: trap it was added twice

DIM lock AS Viper.Threads.RwLock = Viper.Threads.RwLock.New()
DIM added AS INTEGER

SUB AddIfMissing()
    lock.ReadEnter()
    DIM is_missing AS BOOLEAN = added = 0
    lock.ReadExit()
    IF is_missing THEN
        lock.WriteEnter()
        added = added + 1
        lock.WriteExit()
    END IF
END SUB

DIM one AS Viper.Threads.Thread = Viper.Threads.Thread.Start(ADDRESSOF AddIfMissing, NOTHING)
DIM other AS Viper.Threads.Thread = Viper.Threads.Thread.Start(ADDRESSOF AddIfMissing, NOTHING)
one.Join()
other.Join()
Viper.Core.Diagnostics.AssertEq(1, added, "it was added twice")
