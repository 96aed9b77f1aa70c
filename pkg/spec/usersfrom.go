package spec

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var (
	usersFromKeys = []string{"csv", "columns"}
	// What columns may say of people. The keys of a user are those of users:, but for state.
	columnKeys = []string{"name", keyPreviously, "account", "domain", "platform", "email", "names", keyLeft, keyTeams}
)

const (
	keyLeft  = "left"
	keyTeams = "teams"
)

// decodeUsersFrom reads the people whom a file lists elsewhere.
func (d *decoder) decodeUsersFrom(n *yaml.Node) {
	o, ok := d.object(n, "usersFrom", usersFromKeys, "csv")
	if !ok {
		d.lostPeople()
		return
	}
	columns, ok := d.columns(o.get("columns"))
	file, named := o.need("csv")
	if !named || !ok || !d.mayInclude(file) {
		d.lostPeople()
		return
	}
	if d.alone {
		return
	}
	data, err := d.include(file.Value)
	if err != nil {
		what, hint := explain(err)
		d.reject(d.at(file), hint, "%s: %s", quoted(file.Value), what)
		d.lostPeople()
		return
	}
	shown := filepath.Join(d.folder, file.Value)
	t := table{decoder: &decoder{loader: d.loader, file: shown, folder: d.folder, rules: d.rules}, named: columns, namedAt: d.at(n), namedIn: d}
	if !t.read(data) {
		d.lostPeople()
	}
	d.included = append(d.included, Included{shown, digest(data), d.at(file), t.columnsOf()})
}

// Included is a file that another one names.
type Included struct {
	Name    string // as messages show it
	digest  string
	at      Position          // where it is named
	columns map[string]string // the headers of those that count, by what they say
}

// columnsOf are the headers of the columns that count, by what they say of people.
func (t *table) columnsOf() map[string]string {
	all := map[string]string{}
	for _, c := range t.counts {
		all[strings.TrimSpace(c.key+" "+c.connection)] = c.header
	}
	return all
}

// lostPeople notes that names of users and teams may be missing, so that errors about those would be echoes.
func (l *loader) lostPeople() { l.lostUsers, l.lostTeams = true, true }

// column is the header of a column, and where the files name it.
type column struct {
	key          string // of a user
	connection   string // with the key names
	connectionAt Position
	header       string
	at           Position
}

// columns reads which columns are meant by which keys; none where the file does not say.
func (d *decoder) columns(n *yaml.Node) (all []column, ok bool) {
	if n == nil {
		return nil, true
	}
	o, ok := d.object(n, "columns", columnKeys, "name")
	if !ok {
		return nil, false
	}
	for _, key := range columnKeys {
		v := o.get(key)
		switch {
		case v == nil && key == "name":
			_, _ = o.need(key)
			ok = false
		case v == nil:
		case key == "names":
			for name, value := range d.pairs(v, "names") {
				header, read := d.line(value, "column", maxLine)
				all, ok = append(all, column{key, name.Value, d.at(name), header, d.at(value)}), ok && read
			}
		default:
			header, read := d.line(v, "column", maxLine)
			all, ok = append(all, column{key: key, header: header, at: d.at(v)}), ok && read
		}
	}
	return all, ok
}

// mayInclude says whether a file may be named: one below the folder of the file that names it, that is no secret by its place.
func (d *decoder) mayInclude(n *yaml.Node) bool {
	name, ok := d.line(n, "csv", maxLine)
	if !ok {
		return false
	}
	parts := strings.Split(name, "/")
	secret := func(place string) bool { return name == place || strings.HasPrefix(name, place+"/") }
	switch {
	case strings.Contains(name, `\`) || path.Clean(name) != name || !filepath.IsLocal(name) || name == ".":
		d.reject(d.at(n), "write a path below the folder of this file, with slashes", "csv %s is no such path", quoted(name))
	case !strings.EqualFold(path.Ext(name), ".csv"):
		d.reject(d.at(n), "name a file that ends with .csv", "csv %s is no table by its name", quoted(name))
	case slices.ContainsFunc(parts, hiddenName) || slices.ContainsFunc(append([]string{secretsFolder}, d.allowed.files...), secret),
		d.stateDir != "" && holds(d.stateDir, filepath.Join(realPath(d.folder), filepath.FromSlash(name))):
		d.reject(d.at(n), "put the file elsewhere", "csv %s is where secrets are, or hidden", quoted(name))
	default:
		return true
	}
	return false
}

// include reads a file below the folder of the one that names it, of the past where that is read. It follows no link.
func (d *decoder) include(name string) ([]byte, error) {
	data, err := d.below(name)
	if err != nil {
		return nil, err
	}
	if d.size += int64(len(data)); d.size > d.bounds.all {
		return nil, &fault{"with it the files have more bytes than are allowed together", "split them over several runs"}
	}
	return data, nil
}

func (d *decoder) below(name string) ([]byte, error) {
	if d.past != nil {
		if below, inside := d.past.within(filepath.Join(d.folder, name)); inside {
			entries, err := d.past.Files.Entries(path.Dir(below))
			mode, there := entries[path.Base(below)]
			switch {
			case err != nil:
				return nil, err
			case !there:
				return nil, fs.ErrNotExist
			case !mode.IsRegular():
				return nil, &fault{linkOrNoFile, "put the file itself there"}
			}
			return d.past.Files.Read(below)
		}
	}
	root, err := os.OpenRoot(d.folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for at := name; at != "."; at = path.Dir(at) {
		if info, err := root.Lstat(at); err != nil {
			return nil, err
		} else if info.Mode()&fs.ModeSymlink != 0 {
			return nil, &fault{linkOrNoFile, "put the file itself there"}
		}
	}
	return readBelow(d.folder, name, d.bounds.file)
}

const linkOrNoFile = "it is a link or no file"
