// Shows /openapi.json. No validator badge: it would ask another host.

// Swagger UI puts links into buttons, which no screen reader can say; an opened operation stands in the address all the same.
// The one server needs no choice.
const accessible = () => ({
  wrapComponents: {
    DeepLink: (Original, system) => (props) => system.React.createElement(Original, { ...props, enabled: false }),
    ServersContainer: () => () => null,
  },
});

// Fields that Swagger UI leaves without a name.
const NAMES = {
  "textarea.body-param__text": "Body of the request",
  "select.examples-select-element": "Example",
  "select.content-type": "Media type",
  ".response-control-media-type select": "Media type",
  ".parameters input": "Value",
  ".parameters select": "Value",
  ".parameters textarea": "Value",
  ".close-modal": "Close",
};

function nameFields() {
  for (const [selector, name] of Object.entries(NAMES)) {
    for (const field of document.querySelectorAll(`#docs :is(${selector}):not([aria-label], [aria-labelledby])`)) {
      if (field.labels?.[0]?.textContent.trim() || field.title || field.placeholder) continue;
      const row = field.closest("tr[data-param-name]");
      field.setAttribute("aria-label", row ? row.dataset.paramName : name);
    }
  }
  for (const code of document.querySelectorAll("#docs pre:not([tabindex])")) {
    if (code.scrollHeight > code.clientHeight || code.scrollWidth > code.clientWidth) code.tabIndex = 0;
  }
}

// Once for all that Swagger UI draws in a moment
let due = 0;
const soon = () => { due ||= setTimeout(() => { due = 0; nameFields(); }, 50); };

new MutationObserver(soon).observe(document.getElementById("docs"), { childList: true, subtree: true });

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [accessible],
});
