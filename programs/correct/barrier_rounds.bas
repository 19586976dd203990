' Two threads fill an array, one place each, meet at a barrier, and add up what both have written. They meet
' again before the next round writes, so that nobody reads what belongs to another round.
'
' expect: verified
' prints: 6
' prints: 6

CONST ROUNDS = 2

DIM meeting AS Viper.Threads.Barrier = Viper.Threads.Barrier.New(2)
DIM part(1) AS INTEGER
DIM total(1) AS INTEGER

SUB Work(place AS INTEGER)
    DIM pass AS INTEGER
    FOR pass = 1 TO ROUNDS
        part(place) = pass
        meeting.Arrive()
        total(place) = total(place) + part(0) + part(1)
        meeting.Arrive()
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
PRINT total(0)
PRINT total(1)
