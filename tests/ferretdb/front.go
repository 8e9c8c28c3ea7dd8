package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"log"
	"net"
	"sync"
	"time"
)

// MongoDB changes a document whole: of two updates that expect the same version one finds another. FerretDB reads
// the document, and writes it a little later. So whatever writes passes here one at a time.
var writing sync.Mutex

var writes = [][]byte{[]byte("update"), []byte("findAndModify"), []byte("insert"), []byte("delete")}

const (
	headerSize = 16
	mostBytes  = 48_000_000
	// Behind the header come four bytes of flags, one that says "a document follows", the document's size, and the
	// type of its first element, whose name is the command's.
	commandAt = headerSize + 4 + 1 + 4 + 1
)

func serve(front net.Listener, socket string) {
	for {
		client, err := front.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go relay(client, socket)
	}
}

func relay(client net.Conn, socket string) {
	defer client.Close()
	database, err := dial(socket)
	if err != nil {
		return
	}
	defer database.Close()
	requests, replies := bufio.NewReader(client), bufio.NewReader(database)
	for {
		request, err := message(requests)
		if err != nil {
			return
		}
		reply, err := ask(database, replies, request)
		if err != nil {
			return
		}
		if _, err := client.Write(reply); err != nil {
			return
		}
	}
}

// dial waits for a database that has only just been started.
func dial(socket string) (net.Conn, error) {
	for tries := 0; ; tries++ {
		database, err := net.Dial("unix", socket)
		if err == nil || tries == 500 {
			return database, err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func ask(database net.Conn, replies *bufio.Reader, request []byte) ([]byte, error) {
	if isWrite(request) {
		writing.Lock()
		defer writing.Unlock()
	}
	if _, err := database.Write(request); err != nil {
		return nil, err
	}
	return message(replies)
}

func isWrite(request []byte) bool {
	if len(request) <= commandAt {
		return false
	}
	for _, name := range writes {
		if bytes.HasPrefix(request[commandAt:], append(name, 0)) {
			return true
		}
	}
	return false
}

// message reads one message whole: its first four bytes are its size.
func message(from *bufio.Reader) ([]byte, error) {
	size, err := from.Peek(4)
	if err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(size)
	if length < headerSize || length > mostBytes {
		return nil, io.ErrUnexpectedEOF
	}
	whole := make([]byte, length)
	_, err = io.ReadFull(from, whole)
	return whole, err
}
