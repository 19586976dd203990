' Tasks of one pool run side by side: without a monitor, two of them lose an update.
'
' expect: race; trap an update was lost

USING Viper.Threads

DIM hits AS INTEGER

SUB Count(nobody AS OBJECT)
    hits = hits + 1
END SUB

DIM workers AS Pool = NEW Pool(2)
workers.Submit(ADDRESSOF Count, NOTHING)
workers.Submit(ADDRESSOF Count, NOTHING)
workers.Shutdown()
Viper.Core.Diagnostics.AssertEq(2, hits, "an update was lost")
