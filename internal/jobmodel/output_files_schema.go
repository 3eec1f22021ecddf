package jobmodel

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jmespath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

// Descriptions of output_files and what belongs to it.
const (
	DescribeOutputFiles = "Files to write the output to when the job completes: a map from paths, relative to the working directory, to what each file holds. " +
		"Folders are created. A file is written under a temporary name in the same folder and then renamed, so it is always whole; only its owner can read it. A symbolic link, a folder or a device is never written to or replaced. " +
		"Paths that differ only in case or in how Unicode composes a letter are the same file on macOS and Windows, so they are refused everywhere. " +
		"With this argument, `output` holds only what `output_select` selects, and `max_output_bytes` does not limit the files."
	DescribeFileSelect   = "[JMESPath](https://jmespath.site) expression for the part of the output that the file holds. Defaults to `@`, the whole output."
	DescribeFileEncoding = "How the part is written. `json` writes its JSON; the whole output is written byte for byte as the API sent it. `text` writes a string as it is. `base64` decodes a string, such as an image. Defaults to `json`."
	describeFiles        = "SHA-256 digest of each file of `output_files`, in hexadecimal, by path. Null as a whole without `output_files`. A file that is missing here is written by the next apply. A digest is null if the file can no longer be written because the API has forgotten the output. A file with the whole output (`json` without `select`) that is put back is recognized by the next refresh."
)

// OutputFilesAttribute is output_files of a resource.
func OutputFilesAttribute(description string) schema.MapNestedAttribute {
	return schema.MapNestedAttribute{
		Optional: true, MarkdownDescription: description, Validators: OutputFilesValidators(),
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"select":   schema.StringAttribute{Optional: true, MarkdownDescription: DescribeFileSelect, Validators: FileSelectValidators()},
			"encoding": schema.StringAttribute{Optional: true, MarkdownDescription: DescribeFileEncoding, Validators: FileEncodingValidators()},
		}},
	}
}

// FilesAttribute is the digests of the files of output_files.
func FilesAttribute() schema.MapAttribute {
	return schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: describeFiles}
}

// OutputFilesValidators check output_files.
func OutputFilesValidators() []validator.Map {
	return []validator.Map{mapvalidator.SizeAtLeast(1), mapvalidator.NoNullValues(), mapvalidator.KeysAre(stringvalidator.LengthAtLeast(1))}
}

// FileSelectValidators check select of an element of output_files.
func FileSelectValidators() []validator.String { return []validator.String{validators.JMESPath()} }

// FileEncodingValidators check encoding of an element of output_files.
func FileEncodingValidators() []validator.String {
	return []validator.String{stringvalidator.OneOf(encodings...)}
}

// maxRefusedFiles is how many refused files are reported one by one.
const maxRefusedFiles = 10

// CheckFiles refuses, before anything is paid for, files that cannot be written, and
// two names of the same file.
func CheckFiles(targets []payload.Target, diags *diag.Diagnostics) {
	checkFiles(targets, payload.CheckName, diags)
}

// CheckFileNames is CheckFiles without a check of the disk. It is for validations: Terraform
// also validates before a destroy, which a folder in place of a file must not prevent.
func CheckFileNames(targets []payload.Target, diags *diag.Diagnostics) {
	checkFiles(targets, payload.CheckSyntax, diags)
}

func checkFiles(targets []payload.Target, checkName func(name string) error, diags *diag.Diagnostics) {
	refused := 0
	canonical := payload.CanonicalAll(Names(targets))
	paths := make(map[string]string, len(targets)) // by their canonical names
	for i, t := range targets {
		if _, twice := paths[canonical[i]]; !twice {
			paths[canonical[i]] = t.Path
		}
	}
	for i, t := range targets {
		err := checkTarget(t)
		if err == nil {
			err = checkName(t.Path)
		}
		if other := paths[canonical[i]]; err == nil && other != t.Path {
			err = sameFile(other, t.Path)
		}
		if above := fileAbove(canonical[i], paths); err == nil && above != "" {
			err = fmt.Errorf("%s is to be a file, and %s is below it", above, t.Path)
		}
		if err == nil {
			continue
		}
		if refused++; refused > maxRefusedFiles {
			return
		}
		diags.Append(diagnose.OutputFileRefused(err).ErrorAt(PathOutputFiles))
	}
}

// fileAbove returns which of the paths is a folder of a canonical name; "" for none.
func fileAbove(canonical string, paths map[string]string) string {
	for folder := filepath.Dir(canonical); folder != canonical; canonical, folder = folder, filepath.Dir(folder) {
		if path, ok := paths[folder]; ok {
			return path
		}
	}
	return ""
}

// sameFile says that two paths lead to one file.
func sameFile(one, other string) error {
	if payload.Resolve(one) == payload.Resolve(other) {
		return fmt.Errorf("%s and %s are the same file", one, other)
	}
	return fmt.Errorf("%s and %s are the same file on macOS or Windows, where neither case, nor how Unicode composes a letter, nor a dot at the end makes a difference", one, other)
}

// checkTarget repeats the checks of the schema's validators, because these do not see
// values that are known only after apply.
func checkTarget(t payload.Target) error {
	expression, _ := t.Select.(lazyExpression)
	switch {
	case t.Path == "":
		return errors.New("the path of a file is empty")
	case !slices.Contains(encodings, t.Encoding):
		return fmt.Errorf("encoding of %s is %q, and must be one of %s", t.Path, t.Encoding, strings.Join(encodings, ", "))
	case expression != "":
		if _, err := jmespath.Compile(string(expression)); err != nil {
			return fmt.Errorf("select of %s: %w", t.Path, err)
		}
	}
	return nil
}

var encodings = []string{payload.EncodingJSON, payload.EncodingText, payload.EncodingBase64}

// CheckWritable refuses files that cannot be written, by creating and removing a
// temporary file for each. It is the last check before the submission.
func CheckWritable(targets []payload.Target, diags *diag.Diagnostics) {
	for _, t := range targets {
		if err := payload.CheckOutput(t.Path); err != nil {
			diags.Append(diagnose.OutputFileNotWritable(err).ErrorAt(PathOutputFiles))
			return
		}
	}
}

// CheckKey returns why a key cannot be part of the name of a file; "" when it can.
func CheckKey(key string) string {
	switch {
	case key == "." || key == "..":
		return "it is the name of a folder"
	case strings.ContainsAny(key, "/\\"):
		return "it contains a slash"
	case strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "it contains a control character"
	case len(key) > 200:
		return "it is longer than 200 bytes"
	default:
		return ""
	}
}
