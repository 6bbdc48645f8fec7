//go:build never

package main

import (
	_ "github.com/a-h/templ"
	_ "github.com/chromedp/chromedp"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/labstack/echo/v4"
	_ "github.com/shirou/gopsutil/v3/net"
	_ "github.com/shirou/gopsutil/v3/process"
	_ "go.uber.org/goleak"
	_ "golang.org/x/net/netutil"
	_ "golang.org/x/sys/unix"
	_ "nhooyr.io/websocket"
	_ "pgregory.net/rapid"
)
