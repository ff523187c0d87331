package service

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"text/tabwriter"
)

// Variable describes one environment variable of a role.
type Variable struct {
	Name    string
	Default string // as one would write it; "" if there is none
	Help    string
	field   string
	value   reflect.Value
}

// Describe lists the variables of settings in the order of the struct.
func Describe(settings Settings) []Variable {
	return describe(reflect.ValueOf(settings).Elem())
}

func describe(v reflect.Value) []Variable {
	var all []Variable
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		switch {
		case name != "":
			all = append(all, Variable{name, defaultOf(field, v.Field(i)), field.Tag.Get("help"), field.Name, v.Field(i)})
		case field.Type.Kind() == reflect.Struct:
			all = append(all, describe(v.Field(i))...)
		}
	}
	return all
}

// defaultOf is what the role filled in beforehand, or else the tag's.
func defaultOf(field reflect.StructField, v reflect.Value) string {
	if v.IsZero() {
		return field.Tag.Get("envDefault")
	}
	return fmt.Sprint(v.Interface())
}

// Help prints what the program is and its variables with their defaults.
func (p Process) Help(w io.Writer, settings Settings) {
	fmt.Fprintf(w, "%s\n\nUsage: %s [--help | --version]\n\nConfigured by the environment:\n\n", p.About, p.Program())
	p.Variables(w, settings)
}

// Variables prints a table of the environment variables.
func (p Process) Variables(w io.Writer, settings Settings) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range Describe(settings) {
		text := v.Help
		if v.Default != "" {
			text += " (default " + v.Default + ")"
		}
		fmt.Fprintf(table, "  %s\t%s\n", v.Name, text)
	}
	table.Flush()
}

// attributes are the values in force, for the log. Types that hold secrets
// redact themselves.
func attributes(settings Settings) []any {
	var attrs []any
	for _, v := range Describe(settings) {
		attrs = append(attrs, slog.Any(v.Name, v.value.Interface()))
	}
	return attrs
}
