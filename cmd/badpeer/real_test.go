package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Real clients that nobody here wrote, each in a process of its own. They make requests, one
// after the other, log what they take for the replies, and report an error if the last request
// failed, or any that may not be made again.

const (
	realRequests = 4
	// realPause is between two requests: what has come since the last reply is known by then.
	realPause = 50 * time.Millisecond
)

// nethttpMain is Go's net/http: nethttp METHOD URL, with "waits" behind them where no reply stays
// away, so that a busy machine makes none late.
func nethttpMain() {
	method, url := os.Args[1], strings.TrimSuffix(os.Args[2], "/")
	client := &http.Client{Timeout: clientTimeout}
	if len(os.Args) > 3 {
		client.Timeout = 100 * clientTimeout
	}
	sequence(func(i int) (request, reply string, err error) {
		path := fmt.Sprintf("/user/%d", i)
		reply, err = get(client, method, url+path)
		return method + " " + path, reply, err
	}, method != "POST")
}

// get is the body of a response.
func get(c *http.Client, method, url string) (string, error) {
	q, err := http.NewRequest(method, url, nil)
	if err != nil {
		return "", err
	}
	r, err := c.Do(q)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return string(body), err
}

// goredisMain is go-redis: goredis HOW ADDRESS, by its own timeouts or by a context's.
func goredisMain() {
	o := &redis.Options{Addr: os.Args[2], MaxRetries: -1}
	switch os.Args[1] {
	case "timeout":
		o.ReadTimeout = clientTimeout
	case "context":
		o.ContextTimeoutEnabled = true
	case "resp2":
		o.ReadTimeout, o.Protocol = clientTimeout, 2
	case "setup":
		o.ReadTimeout, o.Password, o.DB, o.ClientName = clientTimeout, "secret", 3, "me"
	case "retries":
		o.ReadTimeout, o.MaxRetries = clientTimeout, 3
	}
	client := redis.NewClient(o)
	defer client.Close()
	sequence(func(i int) (request, reply string, err error) {
		ctx, cancel := context.WithTimeout(context.Background(), 4*clientTimeout)
		defer cancel()
		key := fmt.Sprintf("user:%d", i)
		reply, err = client.Get(ctx, key).Result()
		return "get " + key, reply, err
	}, true)
}

// sequence makes requests. One that failed and may be made again is no failure of all.
func sequence(ask func(i int) (request, reply string, err error), again bool) {
	var all, last error
	for i := range realRequests {
		request, reply, err := ask(i)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			reply = ""
		}
		fmt.Printf("%s\t%s\n", request, reply)
		all, last = errors.Join(all, err), err
		time.Sleep(realPause)
	}
	if last != nil || !again && all != nil {
		os.Exit(1)
	}
}
