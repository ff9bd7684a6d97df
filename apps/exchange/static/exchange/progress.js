// Follows a batch while the worker is at it, and shows the result when it is done.
(function () {
    "use strict";
    const section = document.getElementById("progress");
    const text = document.getElementById("progress-text");
    const bar = document.getElementById("progress-bar");
    if (!section) return;

    function show(progress) {
        const words = [section.dataset[progress.phase] || section.dataset.waiting];
        if (progress.total) {
            bar.max = progress.total;
            bar.value = progress.done;
            words.push(progress.done + " / " + progress.total);
        } else {
            bar.removeAttribute("value");
        }
        if (progress.done && progress.rows_per_second) {
            words.push(progress.rows_per_second + " " + section.dataset.speed);
        }
        if (progress.done && progress.seconds_left !== null && progress.seconds_left !== undefined) {
            words.push(progress.seconds_left + " " + section.dataset.left);
        }
        text.textContent = words.join(" · ");
    }

    async function follow() {
        try {
            const response = await fetch(section.dataset.url, { headers: { Accept: "application/json" } });
            if (response.redirected) {
                // The session has ended meanwhile: the page itself leads to the login.
                window.location.reload();
                return;
            }
            if (!response.ok) throw new Error(String(response.status));
            const answer = await response.json();
            if (!answer.busy) {
                window.location.reload();
                return;
            }
            if (answer.progress) show(answer.progress);
        } catch (error) {
            // The server is away for a moment; the next question may be answered.
        }
        window.setTimeout(follow, 1000);
    }

    follow();
})();
