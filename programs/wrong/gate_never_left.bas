' A thread that finds the count at its limit leaves the SUB without leaving the gate. The other thread waits
' for the permit for ever.
'
' expect: deadlock

DIM gate AS Viper.Threads.Gate = Viper.Threads.Gate.New(1)
DIM count AS INTEGER

SUB Add()
    gate.Enter()
    IF count = 1 THEN EXIT SUB
    count = count + 1
    gate.Leave()
    gate.Enter()
    gate.Leave()
END SUB

DIM one AS Viper.Threads.Thread
DIM other AS Viper.Threads.Thread
one = Viper.Threads.Thread.Start(ADDRESSOF Add, NOTHING)
other = Viper.Threads.Thread.Start(ADDRESSOF Add, NOTHING)
one.Join()
other.Join()
