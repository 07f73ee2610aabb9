package rewrite

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/gotool"
)

// unobservable are the variables of instrumented packages that may keep what a schedule put there:
// pools of buffers, constants, and registries, whose functions are refused (onceOnly).
var unobservable = []string{
	"log.bufferPool", "log/slog.groupPool", "log/slog.jsonEncoderPool",
	"database/sql.drivers", "database/sql.driversMu", "net/rpc.DefaultServer", "net/rpc.debug",
	"net/textproto.colon", "net/textproto.commonHeader", "net/textproto.commonHeaderOnce",
	"net/textproto.crnl", "net/textproto.dotcrnl", "net/textproto.nl",
}

// unobservableOfHTTP goes on with the packages of net/http and crypto/tls, which have a hundred.
var unobservableOfHTTP = strings.Fields(`
	net/http/httputil.ErrClosed net/http/httputil.ErrLineTooLong net/http/httputil.ErrPersistEOF
	net/http/httputil.ErrPipeline net/http.ErrHeaderTooLong net/http.ErrLineTooLong net/http.ErrMissingBoundary
	net/http.ErrMissingContentLength net/http.ErrNotMultipart net/http.ErrNotSupported net/http.ErrShortBody
	net/http.ErrUnexpectedTrailer net/http.errRequestCanceled net/http.errTimeout
	net/http.http2errRequestHeaderListSize net/http.http2errTimeout
	crypto/tls.globalCertCache crypto/tls.outBufPool crypto/tls.writerMutex net/http.bufioReaderPool
	net/http.bufioWriter2kPool net/http.bufioWriter4kPool net/http.copyBufPool net/http.envProxyFuncValue
	net/http.envProxyOnce net/http.gzipPool net/http.headerSorterPool net/http.http2bufPools
	net/http.http2bufWriterPool net/http.http2dataChunkPools net/http.http2errChanPool net/http.http2gzipPool
	net/http.http2responseWriterStatePool net/http.http2sorterPool net/http.http2writeDataPool
	net/http.textprotoReaderPool net/http.uniqNameMu net/http.uniqNameNext
	crypto/tls.fips140ems crypto/tls.tls10server crypto/tls.tls3des crypto/tls.tlsmaxrsasize crypto/tls.tlsmlkem
	crypto/tls.tlsrsakex crypto/tls.tlssecpmlkem crypto/tls.tlssha1 crypto/tls.tlsunsafeekm
	crypto/tls.x509keypairleaf net/http/httputil.urlmaxqueryparams net/http.http2VerboseLogs net/http.http2client
	net/http.http2clientPreface net/http.http2disableDebugGoroutines net/http.http2disableExtendedConnectProtocol
	net/http.http2logFrameReads net/http.http2logFrameWrites net/http.http2server net/http.httpcookiemaxnum
	net/http.httplaxcontentlength net/http.httpmuxgo121 net/http.httpservecontentkeepheaders
	net/http.multipartByReader net/http.use121 net/http/httptest.serveFlag
	crypto/tls.alertText crypto/tls.allowedCipherSuitesFIPS crypto/tls.allowedCipherSuitesTLS13FIPS
	crypto/tls.allowedCurvePreferencesFIPS crypto/tls.allowedSignatureAlgorithmsFIPS
	crypto/tls.allowedSupportedVersionsFIPS crypto/tls.cipherSuites crypto/tls.cipherSuitesPreferenceOrder
	crypto/tls.cipherSuitesPreferenceOrderNoAES crypto/tls.cipherSuitesTLS13 crypto/tls.defaultCipherSuitesTLS13
	crypto/tls.defaultCipherSuitesTLS13NoAES crypto/tls.deprecatedSessionTicketKey crypto/tls.emptyConfig
	crypto/tls.helloRetryRequestRandom crypto/tls.signaturePadding crypto/tls.supportedOnlyTLS12
	crypto/tls.supportedOnlyTLS13 crypto/tls.supportedUpToTLS12
	crypto/tls.testingOnlySupportedSignatureAlgorithms net/http/cookiejar.endOfTime net/http/httputil.emptyBody
	net/http/httputil.reqWriteExcludeHeaderDump net/http.LocalAddrContextKey net/http.ServerContextKey
	net/http.aLongTimeAgo net/http.colonSpace net/http.cookieNameSanitizer net/http.crlf net/http.doubleCRLF
	net/http.excludedHeadersNoBody net/http.extraHeaderKeys net/http.headerContentLength net/http.headerDate
	net/http.headerNewlineToSpace net/http.htmlReplacer net/http.http2errCodeName net/http.http2fhBytes
	net/http.http2goroutineSpace net/http.http2gracefulShutdownMsg net/http.http2handlerDoneMsg
	net/http.http2idleTimerMsg net/http.http2littleBuf net/http.http2padZeros net/http.http2readIdleTimerMsg
	net/http.http2settingName net/http.http2settingsTimerMsg net/http.http2shutdownTimerMsg net/http.mp4
	net/http.mp4ftype net/http.reqWriteExcludeHeader net/http.respExcludeHeader net/http.sentinelHandler
	net/http.singleCRLF net/http.sniffSignatures net/http.socksaLongTimeAgo net/http.suppressedHeaders304
	net/http.suppressedHeadersNoBody net/http.unixEpochTime net/http.zeroDialer
	net/http.ErrAbortHandler net/http.ErrBodyNotAllowed net/http.ErrSkipAltProtocol net/http.httpservecontentmaxranges
	net/http/internal/http2.ConnectionStateContextKey net/http/internal/http2.ErrAbortHandler
	net/http/internal/http2.ErrBodyNotAllowed net/http/internal/http2.ErrNotSupported
	net/http/internal/http2.ErrSkipAltProtocol net/http/internal/http2.NewConnContextKey
	net/http/internal/http2.errRequestCanceled
`) // in this order: errors, to which nothing but a program assigns; pools, caches and debugging; settings of GODEBUG
// and of the command line; tables and constants that have no constant type; and what Go 1.27 has of the same kinds

// Each variable of an instrumented package that can change is in the list, or no program can see
// its value. A Go release that adds a variable makes this test fail.
func TestInstrumentedVariablesAreKept(t *testing.T) {
	packages := standardPackages(t, slices.Sorted(maps.Keys(instrumented))...)
	for path, kept := range instrumented {
		if p := packages[path]; p == nil || len(p.GoFiles) == 0 {
			// Only a package of a later Go release may be missing.
			if path != "net/http/internal/http2" {
				t.Errorf("%s is not in the standard library", path)
			}
			continue
		}
		c, err := check(packages[path], packages, nil)
		if err != nil {
			t.Fatal(err)
		}
		found := findState([]*checked{c})
		for _, init := range c.info.InitOrder {
			for _, v := range init.Lhs {
				if key := variableName(v); key != "" && c.hasState(init.Rhs) {
					found.changes[key] = true
				}
			}
		}
		known := slices.Concat(unobservable, unobservableOfHTTP)
		for _, name := range kept {
			known = append(known, path+"."+strings.TrimLeft(name, "*~"))
		}
		for _, name := range c.types.Scope().Names() {
			key := variableName(c.types.Scope().Lookup(name))
			if key == "" || slices.Contains(known, key) || slices.Contains(known, bundledName(key)) {
				continue
			}
			if found.changes[key] {
				t.Errorf("%s can change, and is not kept", key)
			}
		}
	}
}

// bundledName returns the name that a variable of HTTP/2 had until Go 1.26, in which net/http bundled the
// package: what a program cannot see there, it cannot see in the package either.
func bundledName(key string) string {
	if name, ok := strings.CutPrefix(key, "net/http/internal/http2."); ok {
		return "net/http.http2" + name
	}
	return key
}

// standardPackages lists packages of the standard library and what they import.
func standardPackages(t *testing.T, paths ...string) map[string]*listed {
	t.Helper()
	args := append([]string{"-e", "-deps", "-export", "-json"}, paths...)
	out, err := gotool.Tool{Dir: "."}.Run(t.Context(), "list", args...)
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string]*listed{}
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		p := &listed{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}

// A Go release in the module cache is replaced by way of links; another one directly.
func TestStandardPath(t *testing.T) {
	modCache, dir := t.TempDir(), t.TempDir()
	goRoot := filepath.Join(modCache, "golang.org", "toolchain@v1")
	file := filepath.Join(goRoot, "src", "log", "log.go")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("package log"), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the links are there the second time
		c := &copies{folder: &folder{dir: dir}, location: gotool.Location{ModCache: modCache, GoRoot: goRoot}}
		path, err := c.standardPath(file)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "package log" || inside(path, modCache) {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	c := &copies{folder: &folder{dir: dir}, location: gotool.Location{ModCache: t.TempDir(), GoRoot: goRoot}}
	if path, err := c.standardPath(file); err != nil || path != file || c.goRoot != "" {
		t.Errorf("%s, %v", path, err)
	}
}

// A standard package is reached through the test's own packages only. Imports of the engine and of
// standard packages that are not instrumented do not count.
func TestReachStandard(t *testing.T) {
	packages := map[string]*listed{
		"a.test":   {ImportPath: "a.test", Imports: []string{"a", "expvar"}},
		"a":        {ImportPath: "a", Imports: []string{"log/slog", engine}},
		"expvar":   {ImportPath: "expvar", Standard: true, Imports: []string{"log"}},
		"log/slog": {ImportPath: "log/slog", Standard: true, Imports: []string{"log"}},
		"log":      {ImportPath: "log", Standard: true},
	}
	if seen := reached(packages); !seen["log/slog"] || !seen["log"] || seen["expvar"] {
		t.Errorf("%v, want log/slog and log", seen)
	}
	packages["a"].Imports = []string{"expvar", engine}
	if seen := reached(packages); seen["log/slog"] || seen["log"] {
		t.Errorf("%v, want no standard package", seen)
	}
}
