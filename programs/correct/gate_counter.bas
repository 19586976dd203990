' A gate with one permit is a lock: two threads count in it, and no update is lost.
'
' expect: verified
' prints: 2

DIM gate AS Viper.Threads.Gate = Viper.Threads.Gate.New(1)
DIM count AS INTEGER

SUB Add()
    gate.Enter()
    count = count + 1
    gate.Leave()
END SUB

DIM one AS Viper.Threads.Thread
DIM other AS Viper.Threads.Thread
one = Viper.Threads.Thread.Start(ADDRESSOF Add, NOTHING)
other = Viper.Threads.Thread.Start(ADDRESSOF Add, NOTHING)
one.Join()
other.Join()
PRINT count
