' As ../correct/barrier_rounds.bas, but the threads meet once in a round. One of them may write for the next
' round while the other still adds up this one.
'
' expect: race

CONST ROUNDS = 2

DIM meeting AS Viper.Threads.Barrier = Viper.Threads.Barrier.New(2)
DIM part(1) AS INTEGER

SUB Work(place AS INTEGER)
    DIM pass AS INTEGER
    DIM total AS INTEGER
    FOR pass = 1 TO ROUNDS
        part(place) = pass
        meeting.Arrive()
        total = total + part(0) + part(1)
    NEXT pass
END SUB

SUB First()
    Work(0)
END SUB

SUB Second()
    Work(1)
END SUB

DIM one AS Viper.Threads.Thread = Viper.Threads.Thread.Start(ADDRESSOF First, NOTHING)
DIM other AS Viper.Threads.Thread = Viper.Threads.Thread.Start(ADDRESSOF Second, NOTHING)
one.Join()
other.Join()
