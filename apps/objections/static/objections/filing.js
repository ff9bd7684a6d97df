/* The advice on a repair follows its box at once: nobody files under a term that was not shown, and what is typed below
   stays. Without it the button computes again, and the page comes anew. */
"use strict";

(() => {
    async function compute(form) {
        const address = `${location.pathname}?${new URLSearchParams(new FormData(form))}`;
        // The application is sent to this address.
        history.replaceState(null, "", address);
        const response = await fetch(address);
        const page = new DOMParser().parseFromString(response.ok ? await response.text() : "", "text/html");
        const advice = page.querySelector(".obj-advice");
        if (advice) {
            form.closest(".obj-advice").replaceWith(advice);
        } else {
            form.submit();
        }
    }

    document.addEventListener("change", (event) => {
        if (event.target.name === "protected_field") {
            compute(event.target.form);
        }
    });
    document.addEventListener("submit", (event) => {
        if (event.target.matches(".obj-protected")) {
            event.preventDefault();
            compute(event.target);
        }
    });
})();
