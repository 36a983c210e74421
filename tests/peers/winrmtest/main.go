// A WinRM server that this project did not write: dylanmei/winrmtest, of Debian's
// golang-github-dylanmei-winrmtest-dev. It names no shell in its answers and takes any password, so it stands for
// whatever else calls itself WinRM. Prints host and port, and serves until it is killed.
package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/dylanmei/winrmtest"
)

func main() {
	remote := winrmtest.NewRemote()
	defer remote.Close()
	remote.CommandFunc(winrmtest.MatchPattern(`.*`), func(out, err io.Writer) int {
		fmt.Fprint(out, "WIN-TEST\r\n")
		return 0
	})
	fmt.Printf("%s %d\n", remote.Host, remote.Port)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	<-stop
}
