package reach

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrFormat says that object files, or the sources of the Go distribution that
// describe them, are not as this package expects them.
var ErrFormat = errors.New("object files of this Go distribution cannot be read")

// A format holds the numbers of the object file format. They change from one Go
// release to the next while the magic word of the files stays. So they are read
// from the source of the very distribution that wrote the files. Constants in
// this package would be right for one release, and silently wrong for the next:
// a relocation type that means something else would hide an edge.
//
// The alternative, a copy of the linker's reader for each release, would have to be renewed twice a
// year and would be wrong in between. Sizes and offsets of records stay constants here; they are
// checked against the sources, and another size is an error.
type format struct {
	numbers  map[string]int64
	builtins []symbolName // functions of the runtime, which objects name by number
}

// A symbolName is a name as the linker looks it up. The same function has two symbols if both Go
// and assembly call it. The calling conventions are different code: one passes arguments in
// registers, the other on the stack.
type symbolName struct {
	name string
	abi  uint16
}

// Names that the rest of this package uses. A distribution without one of them
// has another format.
var needed = []string{
	"BlkAutolib", "BlkPkgIdx", "BlkFile", "BlkSymdef", "BlkHashed64def", "BlkHasheddef", "BlkNonpkgdef",
	"BlkNonpkgref", "BlkRefFlags", "BlkHash64", "BlkHash", "BlkRelocIdx", "BlkAuxIdx", "BlkDataIdx",
	"BlkReloc", "BlkAux", "BlkData", "NBlk",
	"PkgIdxNone", "PkgIdxHashed64", "PkgIdxHashed", "PkgIdxBuiltin", "PkgIdxSelf", "SymABIstatic",
	"SymFlagDupok", "SymFlagReflectMethod", "SymFlagGoType",
	"SymFlagUsedInIface", "SymFlagItab", "SymFlagPkgInit", "SymFlagLinkname", "SymFlagWasmExport",
	"AuxGotype", "AuxFuncInfo", "AuxFuncdata", "AuxDwarfInfo", "AuxDwarfLoc", "AuxDwarfRanges",
	"AuxDwarfLines", "AuxPcsp", "AuxPcfile", "AuxPcline", "AuxPcinline", "AuxPcdata",
	"R_USETYPE", "R_USEIFACE", "R_USEIFACEMETHOD", "R_USENAMEDMETHOD", "R_METHODOFF",
	"R_INITORDER", "R_WEAK", "STEXT", "STEXTFIPS", "SDATA", "SDATAFIPS", "SBSS",
}

// sizes are the sizes of records. Their fields are read at fixed offsets, so
// another size means another format.
var sizes = map[string]int64{"SymSize": 21, "RelocSize": 23, "AuxSize": 9, "RefFlagsSize": 10,
	"Hash64Size": 8, "HashSize": 16}

const magic = "\x00go120ld"

// readFormat reads the format of a Go distribution. Some distributions leave out the source of
// their tools; for these it returns ErrFormat. All is checked before the first object is read, so a
// comparison never fails halfway for this reason.
func readFormat(goroot string) (*format, error) {
	f := &format{numbers: map[string]int64{}}
	internal := filepath.Join(goroot, "src", "cmd", "internal")
	for _, name := range []string{"goobj/objfile.go", "objabi/reloctype.go", "objabi/symkind.go"} {
		if err := f.readConstants(filepath.Join(internal, filepath.FromSlash(name))); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFormat, err)
		}
	}
	for _, name := range needed {
		if _, ok := f.numbers[name]; !ok {
			return nil, fmt.Errorf("%w: its source has no constant %s", ErrFormat, name)
		}
	}
	for name, want := range sizes {
		if got := f.numbers[name]; got != want {
			return nil, fmt.Errorf("%w: %s is %d instead of %d", ErrFormat, name, got, want)
		}
	}
	err := f.readBuiltins(filepath.Join(internal, "goobj", "builtinlist.go"))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return f, nil
}

// readConstants adds the integer constants of a file. The type checker evaluates iota and shifts.
// It complains of imports, which are not loaded, and of code that uses them; the constants need
// neither. To run a Go program that prints them would need a build for each distribution; to parse
// the text by hand would have to understand iota.
func (f *format) readConstants(path string) error {
	files := token.NewFileSet()
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(files, path, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	config := types.Config{Error: func(error) {}, IgnoreFuncBodies: true}
	checked, _ := config.Check("p", files, []*ast.File{file}, nil)
	for _, name := range checked.Scope().Names() {
		c, ok := checked.Scope().Lookup(name).(*types.Const)
		if !ok {
			continue
		}
		if v, exact := constant.Int64Val(constant.ToInt(c.Val())); exact {
			f.numbers[name] = v
		} else if name == "Magic" && constant.StringVal(c.Val()) != magic {
			return fmt.Errorf("another magic word: %s", c.Val())
		}
	}
	return nil
}

// readBuiltins reads the list of functions that objects name by number: {"runtime.newobject", 1},
// and so on. The list is data of a variable and not constants, so the syntax tree is read. An entry
// is recognized by its form alone, as the type of the list is left out in its elements.
func (f *format) readBuiltins(path string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		entry, ok := n.(*ast.CompositeLit)
		if !ok || entry.Type != nil || len(entry.Elts) != 2 {
			return true
		}
		name, isName := entry.Elts[0].(*ast.BasicLit)
		abi, isABI := entry.Elts[1].(*ast.BasicLit)
		if isName && isABI && strings.HasPrefix(name.Value, `"`) {
			text, _ := strconv.Unquote(name.Value)
			number, _ := strconv.ParseUint(abi.Value, 10, 16)
			f.builtins = append(f.builtins, symbolName{text, uint16(number)})
		}
		return true
	})
	if len(f.builtins) == 0 {
		return errors.New("no list of builtin functions in " + path)
	}
	return nil
}
