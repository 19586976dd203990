' Two threads put their names into a map. Keys and values are what the map has when it is asked, in one order.
'
' expect: verified
' prints: a=1 b=2

USING Viper.Threads

DIM ages AS ConcurrentMap = NEW ConcurrentMap()

SUB Put(name AS STRING, age AS INTEGER)
    ages.Set(name, Viper.Core.Box.I64(age))
END SUB

SUB One()
    Put("b", 2)
END SUB

SUB Other()
    Put("a", 1)
END SUB

DIM first AS Thread = Thread.Start(ADDRESSOF One, NOTHING)
DIM second AS Thread = Thread.Start(ADDRESSOF Other, NOTHING)
first.Join()
second.Join()
DIM names AS Viper.Collections.Seq = ages.Keys()
DIM values AS Viper.Collections.Seq = ages.Values()
DIM i AS INTEGER
FOR i = 0 TO names.Count - 1
    IF i > 0 THEN PRINT " ";
    PRINT names.GetStr(i); "="; Viper.Core.Box.ToI64(values.Get(i));
NEXT i
PRINT
