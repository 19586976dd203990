' A thread gets an object as its argument: two of them add to one counter of the runtime, in steps that nothing
' can come between.
'
' expect: verified
' prints: 3

SUB Add(total AS Viper.Threads.SafeI64)
    total.Add(1)
END SUB

DIM total AS Viper.Threads.SafeI64 = NEW Viper.Threads.SafeI64(1)
DIM one AS OBJECT = Viper.Threads.Thread.Start(ADDRESSOF Add, total)
DIM other AS OBJECT = Viper.Threads.Thread.Start(ADDRESSOF Add, total)
one.Join()
other.Join()
PRINT total.Get()
