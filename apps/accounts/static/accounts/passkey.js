// Makes or uses a passkey where a form asks for one: data-passkey is "create" or "get", data-options what the server asks.
(function () {
    "use strict";
    const form = document.querySelector("form[data-passkey]");
    if (!form) return;
    const answer = form.querySelector("input[name=passkey]");
    const trouble = form.querySelector(".acc-trouble");
    const making = form.dataset.passkey === "create";

    function bytes(text) {
        const base64 = text.replace(/-/g, "+").replace(/_/g, "/");
        return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    }

    function text(buffer) {
        const characters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
        return btoa(characters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    }

    function options() {
        const asked = JSON.parse(form.dataset.options).publicKey;
        asked.challenge = bytes(asked.challenge);
        if (asked.user) asked.user.id = bytes(asked.user.id);
        for (const known of [...(asked.excludeCredentials || []), ...(asked.allowCredentials || [])]) {
            known.id = bytes(known.id);
        }
        return { publicKey: asked };
    }

    function described(credential) {
        const response = { clientDataJSON: text(credential.response.clientDataJSON) };
        for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
            if (credential.response[part]) response[part] = text(credential.response[part]);
        }
        return JSON.stringify({
            id: credential.id,
            rawId: text(credential.rawId),
            type: credential.type,
            response: response,
            clientExtensionResults: credential.getClientExtensionResults(),
        });
    }

    async function go() {
        trouble.hidden = true;
        try {
            const credential = making
                ? await navigator.credentials.create(options())
                : await navigator.credentials.get(options());
            answer.value = described(credential);
            form.submit();
        } catch (error) {
            // Refused, timed out, or unknown to this browser: the person may try again.
            trouble.hidden = false;
        }
    }

    if (making) {
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            if (form.elements.name.value.trim()) go();
            else form.elements.name.focus();
        });
    } else {
        form.querySelector("button[name=use-passkey]").addEventListener("click", (event) => {
            event.preventDefault();
            go();
        });
    }
})();
