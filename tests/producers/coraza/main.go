// Three servers with Coraza and the OWASP core rule set; each writes another form of its audit log.
//
//	coraza FOLDER    prints "JSON 127.0.0.1:4711", a line for each form; ends with its standard input
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	corazahttp "github.com/corazawaf/coraza/v3/http"
)

const rules = `
Include @coraza.conf-recommended
SecRuleEngine DetectionOnly
SecResponseBodyAccess On
SecAuditEngine On
SecAuditLogParts %s
SecAuditLogType Serial
SecAuditLog %s/%s.log
SecAuditLogFormat %s
SecAction "id:900000,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level=4,setvar:tx.detection_paranoia_level=4"
Include @crs-setup.conf.example
Include @owasp_crs/*.conf
`

func serve(folder, format, parts string) error {
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().
		WithRootFS(coreruleset.FS).
		WithDirectives(fmt.Sprintf(rules, parts, folder, format, format)))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(format, listener.Addr())
	site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "sid=0123456789; HttpOnly")
		w.Header().Set("Content-Type", "text/html")
		io.Copy(io.Discard, r.Body)
		fmt.Fprintln(w, "<html>fine</html>")
	})
	server := &http.Server{Handler: corazahttp.WrapHandler(waf, site), ReadHeaderTimeout: time.Second, ReadTimeout: 2 * time.Second}
	server.SetKeepAlivesEnabled(false)
	go server.Serve(listener)
	return nil
}

func main() {
	// OCSF needs K, which lists the rules.
	for _, log := range []struct{ format, parts string }{
		{"JSON", "ABCEFHIJZ"}, {"JsonLegacy", "ABCEFHIJZ"}, {"OCSF", "ABCEFHIJKZ"},
	} {
		if err := serve(os.Args[1], log.format, log.parts); err != nil {
			fmt.Fprintln(os.Stderr, log.format, err)
			os.Exit(1)
		}
	}
	io.Copy(io.Discard, os.Stdin)
}
