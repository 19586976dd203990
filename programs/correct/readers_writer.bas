' A writer moves an amount from one account to another, in a lock for readers and one writer. Two readers see
' the same sum, before or after.
'
' expect: verified

DIM lock AS Viper.Threads.RwLock = Viper.Threads.RwLock.New()
DIM mine AS INTEGER = 5
DIM yours AS INTEGER

SUB Move()
    lock.WriteEnter()
    mine = mine - 3
    yours = yours + 3
    lock.WriteExit()
END SUB

SUB Audit()
    DIM sum AS INTEGER
    lock.ReadEnter()
    sum = mine + yours
    lock.ReadExit()
    Viper.Core.Diagnostics.AssertEq(5, sum, "the sum has changed")
END SUB

DIM one AS Viper.Threads.Thread = Viper.Threads.Thread.Start(ADDRESSOF Audit, NOTHING)
DIM other AS Viper.Threads.Thread = Viper.Threads.Thread.Start(ADDRESSOF Audit, NOTHING)
Move()
one.Join()
other.Join()
