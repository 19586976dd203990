DIM hits AS INTEGER
DIM t AS Viper.Threads.Thread

SUB Worker()
    hits = hits + 1
END SUB

t = Viper.Threads.Thread.Start(ADDRESSOF Worker, NOTHING)
t.Join()
IF hits = 1 THEN PRINT "one"
