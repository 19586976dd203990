' The language, in one thread: loops, SELECT CASE, procedures, arrays, strings, GOSUB and TRY.
'
' expect: verified
' prints: 3628800
' prints: even odd even
' prints: small
' prints: 14
' prints: divided by zero
' prints: HELLO, world
' prints: back

10 PRINT Factorial(10)

FOR i = 0 TO 2
    IF i MOD 2 = 0 THEN PRINT "even"; ELSE PRINT "odd";
    IF i < 2 THEN PRINT " ";
NEXT i
PRINT

CONST SMALL = 9
SELECT CASE Factorial(3)
    CASE IS < 0: PRINT "negative"
    CASE 0 TO SMALL: PRINT "small"
    CASE ELSE: PRINT "big"
END SELECT

DIM squares(3) AS INTEGER
FOR i = 0 TO UBOUND(squares)
    squares(i) = i * i
NEXT i
sum = 0
i = 0
DO UNTIL i > UBOUND(squares)
    sum = sum + squares(i)
    i = i + 1
LOOP
PRINT sum

zero = 0
TRY
    PRINT 1 \ zero
CATCH
    PRINT "divided by zero"
END TRY

Greet("hello", " world")
GOSUB Subroutine
END

Subroutine:
    PRINT "back"
RETURN

FUNCTION Factorial(n AS INTEGER) AS INTEGER
    IF n <= 1 THEN RETURN 1
    RETURN n * Factorial(n - 1)
END FUNCTION

SUB Greet(word AS STRING, rest$)
    PRINT UCASE$(word); ","; rest$
END SUB
