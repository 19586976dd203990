' A module variable is shared by all threads. Two of them count without a lock: a race, and an update may be
' lost.
'
' expect: race; trap an update was lost

DIM hits AS INTEGER

SUB Count()
    hits = hits + 1
END SUB

DIM one AS Viper.Threads.Thread = Viper.Threads.Thread.Start(ADDRESSOF Count, NOTHING)
DIM other AS Viper.Threads.Thread = Viper.Threads.Thread.Start(ADDRESSOF Count, NOTHING)
one.Join()
other.Join()
Viper.Core.Diagnostics.Assert(hits = 2, "an update was lost")
