// The jobs for goroutines. Arguments: the job, the number of goroutines, the number of passes, and the milliseconds of
// sleep. Prints one line of JSON: the fields are those of `Sample` in src/job.rs, and the readings those of
// src/meter.rs.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	settling       = 50 * time.Millisecond
	look           = time.Millisecond
	ticksPerSecond = 100.0
)

type sample struct {
	Seconds      float64  `json:"seconds"`
	CPUSeconds   float64  `json:"cpu_seconds"`
	Bytes        *int64   `json:"bytes"`
	BegunSeconds *float64 `json:"begun_seconds"`
}

// meter is the clock and the memory of this process.
type meter struct {
	result      sample
	before      int64
	began       time.Time
	ticksBefore int64
}

// begin starts the clock.
func (m *meter) begin() {
	m.ticksBefore = cpuTicks()
	m.began = time.Now()
}

// end stops the clock.
func (m *meter) end() {
	m.result.Seconds = time.Since(m.began).Seconds()
	m.result.CPUSeconds = float64(cpuTicks()-m.ticksBefore) / ticksPerSecond
}

// full reads the memory with all goroutines there, and the clock if it runs.
func (m *meter) full() {
	if !m.began.IsZero() {
		seconds := time.Since(m.began).Seconds()
		m.result.BegunSeconds = &seconds
	}
	bytes := residentBytes() - m.before
	m.result.Bytes = &bytes
}

func main() {
	if len(os.Args) != 5 {
		fail("usage: spawn JOB COUNT PASSES SLEEP_MS")
	}
	count, passes := number(os.Args[2]), number(os.Args[3])
	sleep := time.Duration(number(os.Args[4])) * time.Millisecond
	var m meter
	switch os.Args[1] {
	case "start":
		start(count / 10)
		m.begin()
		start(count)
		m.end()
	case "turns":
		turns(count / 10)
		m.begin()
		turns(count)
		m.end()
	case "parked":
		parked(count, &m)
	case "ring":
		ring(count, passes/count, &m)
	case "sleepers":
		sleepers(count, sleep, &m)
	default:
		fail("unknown job " + os.Args[1])
	}
	line, err := json.Marshal(m.result)
	if err != nil {
		fail(err.Error())
	}
	fmt.Println(string(line))
}

func start(count int) {
	var all sync.WaitGroup
	all.Add(count)
	for i := 0; i < count; i++ {
		go all.Done()
	}
	all.Wait()
}

func turns(count int) {
	for i := 0; i < count; i++ {
		start(1)
	}
}

func parked(count int, m *meter) {
	var all sync.WaitGroup
	var begun atomic.Int64
	// To close a channel lets all go on that wait for it.
	gate := make(chan struct{})
	all.Add(count)
	m.before = collected()
	for i := 0; i < count; i++ {
		go func() {
			begun.Add(1)
			<-gate
			all.Done()
		}()
	}
	untilBegun(&begun, count)
	time.Sleep(settling)
	runtime.GC()
	m.full()
	m.begin()
	close(gate)
	all.Wait()
	m.end()
}

func ring(count, rounds int, m *meter) {
	var all sync.WaitGroup
	var begun atomic.Int64
	gates := make([]chan struct{}, count)
	for i := range gates {
		gates[i] = make(chan struct{}, 1)
	}
	all.Add(count)
	for i := range gates {
		own, next := gates[i], gates[(i+1)%count]
		go func() {
			begun.Add(1)
			for left := rounds; left > 0; left-- {
				<-own
				next <- struct{}{}
			}
			all.Done()
		}()
	}
	untilBegun(&begun, count)
	time.Sleep(settling)
	m.begin()
	gates[0] <- struct{}{}
	all.Wait()
	m.end()
}

func sleepers(count int, sleep time.Duration, m *meter) {
	var all sync.WaitGroup
	var begun atomic.Int64
	all.Add(count)
	m.before = collected()
	m.begin()
	for i := 0; i < count; i++ {
		go func() {
			begun.Add(1)
			time.Sleep(sleep)
			all.Done()
		}()
	}
	untilBegun(&begun, count)
	m.full()
	all.Wait()
	m.end()
}

func untilBegun(begun *atomic.Int64, count int) {
	for begun.Load() < int64(count) {
		time.Sleep(look)
	}
}

// collected is the memory after a collection.
func collected() int64 {
	runtime.GC()
	return residentBytes()
}

func residentBytes() int64 {
	for _, line := range strings.Split(read("/proc/self/status"), "\n") {
		if strings.HasPrefix(line, "VmRSS:") {
			return int64(number(strings.Fields(line)[1])) * 1024
		}
	}
	fail("/proc/self/status has no VmRSS")
	return 0
}

func cpuTicks() int64 {
	text := read("/proc/self/stat")
	fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	return int64(number(fields[11]) + number(fields[12]))
}

func read(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		fail(err.Error())
	}
	return string(text)
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil || value < 0 {
		fail("not a number: " + text)
	}
	return value
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(2)
}
