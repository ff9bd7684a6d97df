/* The entry form, made quicker: subjects found while typing, the deadline beside the decision date, fields that a choice
   demands. Without it the form works all the same: the server finds the subject by code and name. */
"use strict";

(() => {
    const form = document.querySelector(".rec-form");
    if (!form) {
        return;
    }
    const withRole = (role) => form.querySelector(`[data-role="${role}"]`);

    function after(milliseconds, act) {
        let timer = 0;
        return (...inputs) => {
            clearTimeout(timer);
            timer = setTimeout(() => act(...inputs), milliseconds);
        };
    }

    async function ask(address, query) {
        const response = await fetch(`${address}?${new URLSearchParams(query)}`, { headers: { Accept: "application/json" } });
        return response.ok ? response.json() : null;
    }

    function lookUpSubjects(input) {
        const list = document.createElement("ul");
        list.className = "rec-found";
        list.id = `${input.id}-found`;
        list.setAttribute("role", "listbox");
        list.hidden = true;
        input.closest(".rec-field").append(list);
        input.setAttribute("role", "combobox");
        input.setAttribute("aria-controls", list.id);
        input.setAttribute("aria-expanded", "false");
        let found = [];
        let current = -1;
        let asked = 0;

        function close() {
            list.hidden = true;
            current = -1;
            input.setAttribute("aria-expanded", "false");
            input.removeAttribute("aria-activedescendant");
        }

        function mark(place) {
            current = place;
            list.querySelectorAll("[role=option]").forEach((option, number) => {
                option.setAttribute("aria-selected", String(number === place));
                if (number === place) {
                    input.setAttribute("aria-activedescendant", option.id);
                    option.scrollIntoView({ block: "nearest" });
                }
            });
        }

        function take(subject) {
            for (const [role, value] of Object.entries(subject.values)) {
                const field = withRole(role);
                if (!field) {
                    continue;
                }
                const known = field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value);
                if (known) {
                    field.value = value;
                    field.dispatchEvent(new Event("change", { bubbles: true }));
                }
            }
            close();
        }

        function show(answer) {
            found = answer.subjects;
            list.replaceChildren(
                ...found.map((subject, number) => {
                    const option = document.createElement("li");
                    option.id = `${list.id}-${number}`;
                    option.setAttribute("role", "option");
                    const name = document.createElement("strong");
                    name.textContent = subject.name;
                    const code = document.createElement("span");
                    code.className = "cc-quiet";
                    code.textContent = subject.code;
                    option.append(name, code);
                    option.addEventListener("mousedown", (event) => {
                        event.preventDefault();
                        take(subject);
                    });
                    return option;
                }),
            );
            const hint = answer.more || answer.none;
            if (hint) {
                const line = document.createElement("li");
                line.className = "rec-hint";
                line.textContent = hint;
                list.append(line);
            }
            list.hidden = false;
            input.setAttribute("aria-expanded", "true");
            mark(-1);
        }

        const search = after(250, async () => {
            const term = input.value.trim();
            const number = ++asked;
            if (term.length < 2) {
                close();
                return;
            }
            const answer = await ask(form.dataset.lookupUrl, { q: term });
            if (answer && number === asked && document.activeElement === input) {
                show(answer);
            }
        });

        input.addEventListener("input", search);
        input.addEventListener("blur", close);
        input.addEventListener("keydown", (event) => {
            if (event.isComposing || list.hidden) {
                return;
            }
            if (event.key === "ArrowDown" || event.key === "ArrowUp") {
                event.preventDefault();
                const step = event.key === "ArrowDown" ? 1 : -1;
                mark(Math.max(0, Math.min(found.length - 1, current + step)));
            } else if (event.key === "Enter" && current >= 0) {
                event.preventDefault();
                take(found[current]);
            } else if (event.key === "Escape") {
                close();
            }
        });
    }

    function showDeadline() {
        const input = withRole("decided_on");
        const note = document.getElementById("rec-deadline");
        if (!input || !note) {
            return;
        }
        let shown = null;
        const refresh = after(150, async () => {
            if (input.value === shown) {
                return;
            }
            shown = input.value;
            const answer = await ask(form.dataset.deadlineUrl, { item: form.dataset.item, decided_on: input.value });
            if (answer && input.value === shown) {
                note.textContent = answer.text;
                note.className = `rec-deadline rec-${answer.tone}`;
            }
        });
        // The calendar writes the date without an event of its own, and then gives the field the focus.
        for (const event of ["input", "change", "focus", "blur"]) {
            input.addEventListener(event, refresh);
        }
        refresh();
    }

    function valuesOf(code) {
        const name = `v-${code}`;
        return [...form.elements]
            .filter((field) => field.name === name || field.name === `${name}_choice`)
            .filter((field) => !["checkbox", "radio"].includes(field.type) || field.checked)
            .map((field) => field.value);
    }

    function showDemanded() {
        const dependent = [...form.querySelectorAll("[data-required-if-field]")];
        const refresh = () => {
            for (const input of dependent) {
                const wanted = input.dataset.requiredIfValues.split("|");
                const demanded = valuesOf(input.dataset.requiredIfField).some((value) => wanted.includes(value));
                const box = input.closest(".rec-field");
                const label = box.querySelector("label");
                box.hidden = !demanded && !input.value && !box.querySelector(".errors") && !box.closest("details");
                label.classList.toggle("rec-demanded", demanded);
            }
        };
        form.addEventListener("change", refresh);
        form.addEventListener("input", refresh);
        refresh();
    }

    function showNotes() {
        const notes = [...form.querySelectorAll("input[name$=_note]")];
        const refresh = () => {
            for (const note of notes) {
                const chosen = valuesOf(note.name.slice(2, -"_note".length));
                note.classList.toggle("rec-unused", !note.value && !chosen.includes("其他"));
            }
        };
        form.addEventListener("change", refresh);
        refresh();
    }

    function goToFirstError() {
        const wrong = form.querySelector(".rec-field:has(.errors), .rec-error");
        if (wrong) {
            wrong.scrollIntoView({ block: "center" });
            wrong.querySelector("input, select, textarea")?.focus({ preventScroll: true });
        }
    }

    showNotes();
    form.querySelectorAll("input[data-lookup]").forEach(lookUpSubjects);
    showDeadline();
    showDemanded();
    goToFirstError();
})();
