' Two threads count to 2, one at a time: a gate with one permit is a lock.
'
' To see a violation, remove the two lines with `gate.` in Worker, and check again: drawloom shows the order of
' steps in which the threads get into each other's way.
'
' expect: verified
' prints: 2
USING Viper.Threads

DIM gate AS Gate = NEW Gate(1)
DIM hits AS INTEGER

SUB Worker()
    gate.Enter()
    hits = hits + 1
    gate.Leave()
END SUB

DIM one AS Thread = Thread.Start(ADDRESSOF Worker, NOTHING)
DIM other AS Thread = Thread.Start(ADDRESSOF Worker, NOTHING)
one.Join()
other.Join()
PRINT hits
