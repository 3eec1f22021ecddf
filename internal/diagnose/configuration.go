package diagnose

import (
	"fmt"
	"strings"
)

// Configuration is the message about a provider configuration that the client refuses.
func Configuration(err error) Message { return Message{"Invalid provider configuration", err.Error()} }

// Variable is the message about an environment variable with an invalid value.
func Variable(name string, err error) Message { return Message{"Invalid " + name, err.Error()} }

// EndpointVariable is Variable for the endpoint's ID.
func EndpointVariable(name, value string, err error) Message {
	return Message{"Invalid " + name, fmt.Sprintf("The environment variable %s holds %q: %s.", name, value, err)}
}

// Header is the message about an invalid header.
func Header(err error) Message { return Message{"Invalid header", err.Error()} }

// APIKeyMissing is the message about a missing API key. variable is the environment
// variable for it.
func APIKeyMissing(variable string) Message {
	return Message{"Missing API key", "No API key is set.\n\nTo fix this: set the environment variable " + variable + ", or api_key in the provider block (from a variable marked as sensitive). Keys are created in the console under Settings, API Keys."}
}

// APIKey is the message about an invalid API key.
func APIKey(err error) Message {
	return Message{"Invalid API key", err.Error() + " (the value is not shown)"}
}

// CACertificate is the message about a value of ca_cert_pem without a certificate.
func CACertificate() Message {
	return Message{"Invalid certificate", "The value holds no certificate in PEM form."}
}

const titleClientCertificate = "Invalid client certificate"

// ClientCertificateMissing is the message about a client key without a certificate.
func ClientCertificateMissing() Message {
	return Message{titleClientCertificate, "The value is empty, and client_key_pem is not: no certificate would be sent."}
}

// ClientCertificate is the message about a client certificate that does not match its
// key.
func ClientCertificate(err error) Message {
	return Message{titleClientCertificate, "The certificate and its key cannot be used together: " + err.Error()}
}

// NotConfigured is the message about a request while the provider's configuration is not known.
func NotConfigured() Message {
	return Message{"Provider not configured yet", "A request to the API is needed, but the provider's configuration holds a value that is known only after apply (api_key, base_url, endpoint_id or another argument that comes from a resource).\n\n" +
		"To fix this: apply the resource that the value comes from first (-target), or pass the value as a variable or in the environment."}
}

// EndpointMissing is the message about a type without an endpoint_id and without a
// default.
func EndpointMissing() Message {
	return Message{"Missing endpoint", "No endpoint is named.\n\nTo fix this: set endpoint_id here, or in the provider block as the default for every type, or in the environment variable RUNPOD_ENDPOINT_ID."}
}

// ImportID is the message about an invalid import ID. noun is what is imported.
func ImportID(noun string, err error) Message {
	return Message{"Invalid import id", fmt.Sprintf("The id must have the form ENDPOINT_ID/%s_ID: %s.", strings.ToUpper(noun), err)}
}

const reportBug = ". This is a bug in the provider; please report it."

// UnexpectedProviderData is the message about provider data of an unexpected type.
func UnexpectedProviderData(value any) Message {
	return Message{"Unexpected provider data", fmt.Sprintf("Got %T"+reportBug, value)}
}

const titleNotPlanned = "Unable to plan"

// OwnerNotStored is the message about a file's owner that cannot be encoded.
func OwnerNotStored(err error) Message { return Message{titleNotPlanned, err.Error()} }

// AttributeNotEncoded is the message about a value that cannot be encoded for a plan.
func AttributeNotEncoded(name string, err error) Message {
	return Message{titleNotPlanned, "The value of " + name + " cannot be encoded: " + err.Error() + reportBug}
}

// PlanNotStored is the message about planned submissions that cannot be encoded.
func PlanNotStored(err error) Message { return Message{"Unable to store what is planned", err.Error()} }

// ResultNotStored is the message about a result that cannot be encoded.
func ResultNotStored(err error) Message {
	return Message{"Unable to store the result", "A part of it cannot be encoded: " + err.Error() + reportBug}
}
