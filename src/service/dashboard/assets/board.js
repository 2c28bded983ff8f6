// Keys that judge, and the slider without loading the page. Everything here is also a button, a link or a
// form of the page: without this file it all works, by a click and a new page.
"use strict";

(() => {
    // The slider: the table has a row for every threshold, whose cells are shown. No figure is made here.
    const section = document.querySelector("[data-threshold]");
    const slider = document.getElementById("slider");
    if (section && slider) {
        const rows = [...section.querySelectorAll("table.thresholds tbody tr")];
        const marker = section.querySelector(".marker");
        const shown = [...section.querySelectorAll("[data-show]")];
        const show = () => {
            const at = Number(slider.value);
            // The last row that is not above; thresholds rise.
            const row = rows.filter((row) => Number(row.dataset.at) <= at + 1e-9).pop();
            if (!row) {
                return;
            }
            rows.forEach((other) => other.classList.toggle("chosen", other === row));
            for (const place of shown) {
                const cell = row.cells[Number(place.dataset.show)];
                place.replaceChildren(...[...cell.childNodes].map((node) => node.cloneNode(true)));
            }
            slider.setAttribute("aria-valuetext", row.cells[0].textContent + ": " + row.cells[3].firstChild.textContent);
            if (marker && row.dataset.x) {
                marker.setAttribute("cx", row.dataset.x);
                marker.setAttribute("cy", row.dataset.y);
            }
        };
        slider.name = "threshold";
        slider.addEventListener("input", show);
        // The address keeps what was chosen, for whoever sends it on.
        slider.addEventListener("change", () => {
            const address = new URL(location.href);
            address.searchParams.set("threshold", Number(slider.value).toFixed(2));
            address.searchParams.delete("level");
            history.replaceState(null, "", address);
        });
    }

    // Keys: each presses the button that bears it. Off for whoever they are in the way of.
    const KEPT = "revscore-keys";
    const GIVEN_UP_MS = 5000;
    const READ_MS = 400;
    const keys = document.querySelector("[data-keys]");
    // A browser may keep nothing.
    const kept = () => {
        try {
            return localStorage;
        } catch {
            return null;
        }
    };
    const isOn = () => kept()?.getItem(KEPT) !== "off";
    if (keys) {
        const box = keys.querySelector("input");
        keys.hidden = false;
        box.checked = isOn();
        box.addEventListener("change", () => kept()?.setItem(KEPT, box.checked ? "on" : "off"));
    }
    let isPressed = false;
    document.addEventListener("keydown", (event) => {
        const isTyping = event.target.closest("input:not([type=checkbox]), textarea, select");
        const isModified = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
        if (isPressed || isTyping || isModified || event.repeat || !isOn()) {
            return;
        }
        let key = event.key.toLowerCase();
        // The space bar skips where it would only scroll, and presses what is focused elsewhere.
        if (key === " " && (event.target === document.body || event.target.id === "main")) {
            key = "k";
        }
        const button = /^[a-z]$/.test(key) && document.querySelector(`[data-key="${key}"]`);
        if (button && !button.disabled) {
            event.preventDefault();
            // One press judges one edit, however long the next page takes; a page that never comes is given up.
            isPressed = true;
            setTimeout(() => {
                isPressed = false;
            }, GIVEN_UP_MS);
            button.click();
        }
    });

    // The second tap of a double one meets the next edit's button, which nobody has read yet.
    const buttons = [...document.querySelectorAll("form.judge button")];
    for (const button of buttons) {
        button.disabled = true;
    }
    setTimeout(() => buttons.forEach((button) => (button.disabled = false)), READ_MS);
    // A page that comes back out of the browser's memory takes keys again.
    addEventListener("pageshow", () => {
        isPressed = false;
    });
})();
