// A database that speaks MongoDB's wire protocol and keeps what it is given in SQLite files: what the tests run
// against where no MongoDB is at hand.
package main

import (
	"context"
	"flag"
	"log"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	address := flag.String("listen", "127.0.0.1:27017", "address and port to listen on")
	folder := flag.String("folder", "", "an existing folder for the data")
	flag.Parse()
	if *folder == "" {
		log.Fatal("give -folder, where the data is to lie")
	}

	socket := filepath.Join(*folder, "socket")
	os.Remove(socket) // one that was killed leaves it behind
	database, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{Unix: socket},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:   "sqlite",
		// A killed process loses nothing by this, only a power cut would.
		SQLiteURL: "file:" + *folder + "/?_pragma=synchronous(off)",
	})
	if err != nil {
		log.Fatal(err)
	}
	front, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	go serve(front, socket)

	untilTold, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := database.Run(untilTold); err != nil {
		log.Fatal(err)
	}
}
