// Workers exercises the Go runtime on WASI: goroutines, channels, garbage
// collection, maps, formatting, time, panics, standard input and files.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

func collatz(n int) int {
	steps := 0
	for ; n != 1; steps++ {
		if n%2 == 0 {
			n /= 2
		} else {
			n = 3*n + 1
		}
	}
	return steps
}

func goroutines() {
	jobs, results := make(chan int), make(chan [2]int, 16)
	var workers sync.WaitGroup
	for range 8 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for n := range jobs {
				results <- [2]int{n, collatz(n)}
			}
		}()
	}
	go func() {
		for n := 1; n <= 2000; n++ {
			jobs <- n
		}
		close(jobs)
		workers.Wait()
		close(results)
	}()
	sum, best := 0, [2]int{}
	for r := range results {
		sum += r[1]
		if r[1] > best[1] {
			best = r
		}
	}
	fmt.Println("goroutines", sum, best)
}

func collections() {
	counts := map[string]int{}
	input := bufio.NewScanner(os.Stdin)
	input.Split(bufio.ScanWords)
	for input.Scan() {
		counts[strings.Trim(strings.ToLower(input.Text()), ".,;")]++
	}
	words := make([]string, 0, len(counts))
	for w := range counts {
		words = append(words, w)
	}
	sort.Slice(words, func(i, j int) bool {
		if counts[words[i]] != counts[words[j]] {
			return counts[words[i]] > counts[words[j]]
		}
		return words[i] < words[j]
	})
	for _, w := range words[:5] {
		fmt.Printf("%-6s %3d\n", w, counts[w])
	}
	encoded, err := json.Marshal(map[string]any{"words": len(words), "top": words[:2], "pi": 3.14159})
	fmt.Println(string(encoded), err)
	fmt.Printf("sha256 %x\n", sha256.Sum256([]byte(strings.Join(words, " "))))
	fmt.Println(regexp.MustCompile(`(\w+)@(\w+)\.org`).ReplaceAllString("ann@site.org, bob@page.org", "$2:$1"))
	fmt.Println("2^521-1", new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 521), big.NewInt(1)).ProbablyPrime(10))
}

func garbage() {
	type node struct {
		left, right *node
	}
	var build func(depth int) *node
	build = func(depth int) *node {
		if depth == 0 {
			return &node{}
		}
		return &node{build(depth - 1), build(depth - 1)}
	}
	var count func(n *node) int
	count = func(n *node) int {
		if n.left == nil {
			return 1
		}
		return 1 + count(n.left) + count(n.right)
	}
	total := 0
	for range 20 {
		total += count(build(14))
	}
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	fmt.Println("garbage", total, stats.NumGC > 0)
}

func clocks() {
	start := time.Now()
	time.Sleep(15 * time.Millisecond)
	fmt.Println("slept", time.Since(start) >= 15*time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	select {
	case <-ctx.Done():
		fmt.Println("timeout", ctx.Err())
	case <-time.After(30 * time.Second):
		fmt.Println("too late")
	}
	fmt.Println(time.Date(2024, 2, 29, 12, 30, 0, 0, time.UTC).AddDate(1, 0, 0).Format(time.RFC1123))
}

func panics() {
	defer func() {
		fmt.Println("recovered:", recover())
	}()
	var empty []int
	fmt.Println(empty[len(os.Args)])
}

func files(root string) error {
	for i := range 12 {
		dir := filepath.Join(root, fmt.Sprintf("dir%d", i%3))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		name := filepath.Join(dir, fmt.Sprintf("file%02d.txt", i))
		if err := os.WriteFile(name, []byte(strings.Repeat("go", i)), 0o644); err != nil {
			return err
		}
	}
	if err := os.Rename(filepath.Join(root, "dir0", "file00.txt"), filepath.Join(root, "dir1", "moved.txt")); err != nil {
		return err
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	for _, e := range entries {
		fmt.Println("entry", e.Name(), e.IsDir())
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Println("file", strings.TrimPrefix(path, root), info.Size())
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = os.Stat(filepath.Join(root, "missing"))
	fmt.Println("missing", errors.Is(err, fs.ErrNotExist))
	return os.RemoveAll(filepath.Join(root, "dir1"))
}

func main() {
	fmt.Println(runtime.GOOS, runtime.GOARCH, os.Args[1:], os.Getenv("GREETING"))
	goroutines()
	collections()
	garbage()
	clocks()
	panics()
	if err := files("/work"); err != nil {
		fmt.Println("files:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, "done")
	os.Exit(5)
}
