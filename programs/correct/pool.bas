' Two workers add numbers. Each task takes its number from a box, and adds it in the monitor of an object.
'
' expect: verified
' prints: workers 2
' prints: sum 5, left 0
' prints: late 0

USING Viper.Threads

DIM sum AS INTEGER
DIM lock AS OBJECT = Viper.Collections.List.New()

SUB Add(number AS OBJECT)
    Monitor.Enter(lock)
    sum = sum + Viper.Core.Box.ToI64(number)
    Monitor.Exit(lock)
END SUB

DIM workers AS Pool = NEW Pool(2)
workers.Submit(ADDRESSOF Add, Viper.Core.Box.I64(2))
workers.Submit(ADDRESSOF Add, Viper.Core.Box.I64(3))
workers.Wait()
PRINT "workers "; workers.Size
PRINT "sum "; sum; ", left "; workers.Pending + workers.Active
workers.Shutdown()
PRINT "late "; workers.Submit(ADDRESSOF Add, NOTHING)
